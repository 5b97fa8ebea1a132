import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GivenSettings, Service } from '../../src/index.ts'
import {
  type OpenOptions,
  openService,
  type Received,
  type Send,
  type ServiceUnderTest,
  temporaryFolder,
} from '../protocol/service-under-test.ts'
import { ownSchema } from '../servers/postgresql-schema.ts'
import { memcachedUrl, postgresUrl, redisUrl, skipWithout } from '../servers/server-urls.ts'
import { openTcpProxy } from '../servers/tcp-proxy.ts'

const open = ({ settings, ...options }: OpenOptions = {}): Promise<ServiceUnderTest> =>
  openService({
    prepare: (service: Service) => void service.resource('note', { schema: {} }),
    ...options,
    settings: { rate_limit_requests: 5, ...settings },
  })

/** So many requests, one after the other. @returns their statuses */
async function statuses(send: Send, count: number, path = '/v1/notes', auth: string | null = 'mat:secret'): Promise<number[]> {
  const found: number[] = []
  for (let i = 0; i < count; i += 1) found.push((await send('GET', path, { auth })).status)
  return found
}

const times = (count: number, value: number): number[] => Array.from({ length: count }, () => value)

test('R3.19: who sends more requests than allowed gets 429 and is told when to come back; others do not notice', async () => {
  const { request } = await open()
  assert.deepEqual(await statuses(request, 5), times(5, 200))
  const refused = await request('POST', '/v1/notes', { body: { data: {} }, headers: { origin: 'https://example.org' } })
  assert.deepEqual([refused.status, refused.body.errno, refused.body.error], [429, 117, 'Too Many Requests'])
  assert.equal(refused.headers['access-control-allow-origin'], '*')
  const wait = Number(refused.headers['retry-after'])
  assert.ok(Number.isInteger(wait) && wait > 50 && wait <= 60, `${wait}`)
  assert.deepEqual(await statuses(request, 2, '/v1/notes', 'alexis:secret'), [200, 200])
  assert.deepEqual(await statuses(request, 6, '/v1/', null), [...times(5, 200), 429])
  assert.deepEqual(await statuses(request, 1), [429])
})

test('When the time is over everybody may send again', async () => {
  const { request } = await open({ settings: { rate_limit_window_seconds: 1 } })
  assert.equal((await statuses(request, 7)).at(-1), 429)
  await sleep(1100)
  assert.equal((await statuses(request, 1))[0], 200)
})

test('A batch costs as much as the requests in it, and is served as a whole if one request would be', async () => {
  const { request } = await open({ settings: { rate_limit_requests: 10 } })
  const batch = (count: number): Promise<Received> =>
    request('POST', '/v1/batch', { body: { requests: Array.from({ length: count }, () => ({ path: '/notes' })) } })
  const partsOf = ({ body }: Received): number[] => (body.responses as { status: number }[]).map(({ status }) => status) // R11.10
  assert.deepEqual(partsOf(await batch(8)), times(8, 200))
  assert.deepEqual(partsOf(await batch(8)), times(8, 200), 'two are left, so it begins')
  assert.equal((await batch(1)).status, 429)
  assert.deepEqual(await statuses(request, 1), [429])
})

test('What looks after the service is not counted, nor are preflights and what is not there', async () => {
  const { request } = await open({ settings: { rate_limit_requests: 1 } })
  for (let i = 0; i < 3; i += 1) {
    assert.equal((await request('GET', '/v1/__heartbeat__', { auth: null })).status, 200)
    assert.equal((await request('GET', '/v1/__lbheartbeat__', { auth: null })).status, 200)
    assert.equal((await request('GET', '/v1/nowhere', { auth: null })).status, 404)
    const preflight = { origin: 'https://example.org', 'access-control-request-method': 'GET' }
    assert.equal((await request('OPTIONS', '/v1/notes', { auth: null, headers: preflight })).status, 200)
  }
  assert.deepEqual(await statuses(request, 2), [200, 429])
})

const caches: Readonly<Record<string, GivenSettings | undefined>> = {
  sqlite: { cache_backend: 'cliquet/cache/sqlite', cache_url: `sqlite:${join(temporaryFolder(), 'cache.sqlite')}` },
  postgresql: postgresUrl === undefined ? undefined : { cache_backend: 'cliquet/cache/postgresql', cache_url: ownSchema('ratelimit') },
  redis:
    redisUrl === undefined ? undefined : { cache_backend: 'cliquet/cache/redis', cache_url: `${redisUrl}?prefix=rates-${process.pid}` },
  memcached:
    memcachedUrl === undefined
      ? undefined
      : { cache_backend: 'cliquet/cache/memcached', cache_url: memcachedUrl, cache_prefix: `rates-${process.pid}:` },
}

for (const [name, settings] of Object.entries(caches)) {
  test(`Services that share a cache count together (${name})`, { skip: settings === undefined && `no ${name} here` }, async () => {
    const [one, two] = [await open({ settings: { ...settings } }), await open({ settings: { ...settings } })]
    const answers = await Promise.all([statuses(one.request, 4), statuses(two.request, 4)])
    assert.equal(answers.flat().filter((status) => status === 200).length, 5)
    assert.deepEqual([await statuses(one.request, 1), await statuses(two.request, 1)], [[429], [429]])
  })
}

test('While the cache is gone, or says nothing, nobody is limited', { skip: skipWithout(redisUrl, 'Redis') }, async (t) => {
  const url = redisUrl ?? ''
  const proxy = await openTcpProxy(url)
  t.after(() => proxy.close())
  const cache = { cache_backend: 'cliquet/cache/redis', cache_url: `${proxy.url(url)}?prefix=lost-rates-${process.pid}` }
  const { request } = await open({ settings: { ...cache, rate_limit_requests: 1 } })
  assert.deepEqual(await statuses(request, 2), [200, 429])
  for (const lose of [() => proxy.cut(), () => proxy.stall()]) {
    await lose()
    assert.deepEqual(await statuses(request, 4, '/v1/', 'other:secret'), times(4, 200))
    await proxy.mend()
  }
  const limited = async (): Promise<boolean> => (await statuses(request, 1, '/v1/', 'third:secret'))[0] === 429
  for (let i = 0; i < 100 && !(await limited()); i += 1) await sleep(100)
  assert.ok(await limited(), 'it counts again')
})

test('Without rate_limit_requests nothing is counted', async () => {
  const { request, service } = await open({ settings: { rate_limit_requests: 0 } })
  service.app.cache.increment = () => assert.fail('nobody asks')
  assert.deepEqual(await statuses(request, 20), times(20, 200))
})

test('R1.15: of a proxy that is trusted the address of the client is believed, and of IPv6 its half counts', async () => {
  const from = (address: string) => ({ auth: null, headers: { 'x-forwarded-for': address } })
  const trusting = await open({ settings: { rate_limit_requests: 1, trusted_proxies: 'loopback' } })
  const statusFrom = async (address: string): Promise<number> => (await trusting.request('GET', '/v1/', from(address))).status
  assert.equal(await statusFrom('192.0.2.1'), 200)
  assert.equal(await statusFrom('192.0.2.2'), 200)
  assert.equal(await statusFrom('192.0.2.1'), 429)
  assert.equal(await statusFrom('2001:db8::1'), 200)
  assert.equal(await statusFrom('2001:db8:0:0:7:7:7:7'), 429)
  assert.equal(await statusFrom('2001:db8:0:1::1'), 200)
  assert.equal(await statusFrom('::ffff:192.0.2.3'), 200)
  assert.equal(await statusFrom('::ffff:192.0.2.4'), 200)
  const other = await open({ settings: { rate_limit_requests: 1 } })
  assert.equal((await other.request('GET', '/v1/', from('192.0.2.1'))).status, 200)
  assert.equal((await other.request('GET', '/v1/', from('192.0.2.2'))).status, 429)
})

test('R1.15: what a proxy says of the host counts only if it is trusted', async () => {
  const headers = { 'x-forwarded-host': 'api.example.org', 'x-forwarded-proto': 'https' }
  const trusting = await openService({ settings: { trusted_proxies: '127.0.0.0/8' } })
  assert.equal((await trusting.request('GET', '/v1/', { headers })).body.url, 'https://api.example.org/v1/')
  const other = await openService()
  assert.equal((await other.request('GET', '/v1/', { headers })).body.url, `http://${other.host}/v1/`)
})
