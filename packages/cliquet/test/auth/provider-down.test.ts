import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { BackendError } from '../../src/index.ts'
import { createHeldClock } from '../../src/testing/index.ts'
import { batch, post } from '../protocol/batch-exchange.ts'
import { startIdentityProvider } from './identity-provider.ts'
import { assertRefused, assertUnavailable, openWithProvider } from './service-with-provider.ts'

test('R3.19: while the provider is down new tokens have 503 and not 401, and tokens that were verified before work', async () => {
  const clock = createHeldClock(Date.now())
  const { provider, notes, hello, userOf, request } = await openWithProvider({ clock })
  const known = await provider.mint()
  const unknown = await provider.mint({ claims: { sub: 'bob' } })
  assert.equal(await userOf(known), 'google:mat')
  await provider.stop()
  clock.advance(60_000)
  assert.equal((await notes(known)).status, 200)
  assert.equal(await userOf(known), 'google:mat')
  for (const answer of [await notes(unknown), await hello(unknown), await notes('opaque')]) assertUnavailable(answer)
  const shared = await request('GET', '/v1/pages', { auth: null, headers: { authorization: `Bearer ${unknown}` } })
  assertUnavailable(shared)
  assertRefused(await notes(await provider.mint({ claims: { aud: 'other' } })))
  assert.equal((await request('GET', '/v1/notes', { auth: null })).status, 401)
  await provider.start()
  assert.equal(await userOf(unknown), 'google:bob')
})

test('R2.1: the utility endpoints answer whatever token is sent while the provider is down', async () => {
  const { provider, request } = await openWithProvider({ policy: { heartbeat: false } })
  const token = await provider.mint()
  await provider.stop()
  for (const path of ['/v1/__heartbeat__', '/v1/__lbheartbeat__', '/v1/__api__']) {
    const { status } = await request('GET', path, { auth: null, headers: { authorization: `Bearer ${token}` } })
    assert.equal(status, 200, path)
  }
})

test('R11.13: in a batch, the 503 of an unknown token is that of the batch; without such a request it runs', async () => {
  const { provider, request } = await openWithProvider()
  const headers = { authorization: `Bearer ${await provider.mint()}` }
  await provider.stop()
  assertUnavailable(await post(request, { requests: [{ path: '/__lbheartbeat__' }, { path: '/notes' }] }, { auth: null, headers }))
  const [part] = await batch(request, [{ path: '/__lbheartbeat__' }], { auth: null, headers })
  assert.equal(part?.status, 200)
})

test('a service starts while the provider is down, and works with it as soon as it is up', async () => {
  const clock = createHeldClock(Date.now())
  const provider = await startIdentityProvider({ now: clock })
  const token = await provider.mint()
  await provider.stop()
  const { notes, hello, userOf } = await openWithProvider({ clock, provider })
  const providersOf = async (): Promise<readonly Record<string, unknown>[]> => {
    const { openid } = (await hello(undefined)).body.capabilities as Record<string, { providers: Record<string, unknown>[] }> // R2.2
    return openid?.providers ?? []
  }
  assert.equal((await providersOf())[0]?.userinfo_endpoint, undefined)
  assertUnavailable(await notes(token))
  await provider.start()
  assertUnavailable(await notes(token))
  assert.equal(provider.total(), 0, 'not asked again within a second')
  clock.advance(1000)
  assert.equal(await userOf(token), 'google:mat')
  assert.equal((await providersOf())[0]?.userinfo_endpoint, `${provider.issuer}/userinfo`)
})

test('with `userinfo = fallback` the keys that are known serve on while the provider is down; keys that are not known have 503', async () => {
  const clock = createHeldClock(Date.now())
  const { provider, notes, userOf } = await openWithProvider({ clock, policy: { userinfo: 'fallback', clock_skew_seconds: 10_000 } })
  assert.equal(await userOf(await provider.mint()), 'google:mat')
  await provider.stop()
  clock.advance(1_000_000)
  assert.equal(await userOf(await provider.mint({ claims: { sub: 'bob' } })), 'google:bob')
  const kid = await provider.rotate()
  clock.advance(31_000)
  assertUnavailable(await notes(await provider.mint({ kid })))
  clock.advance(3_600_000)
  assertUnavailable(await notes(await provider.mint({ kid: 'key-0', claims: { sub: 'carl' } })))
})

const broken: [string, (response: ServerResponse, request: IncomingMessage) => void][] = [
  ['500', (response) => response.writeHead(500).end('{}')],
  ['429', (response) => response.writeHead(429).end('{}')],
  [
    'a redirection',
    (response, { url }) => (url === '/moved' ? response.end('{"sub":"bob"}') : response.writeHead(302, { location: '/moved' }).end()),
  ],
  ['HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello</p>')],
  ['a list', (response) => response.writeHead(200).end('[]')],
  ['nothing', (response) => response.destroy()],
  ['half an answer', (response) => response.writeHead(200, { 'content-length': '100' }).write('{"sub":', () => response.destroy())],
  ['more than anybody needs', (response) => response.writeHead(200).end(`{"sub":"${'x'.repeat(600_000)}"}`)],
]
for (const [what, breakIt] of broken) {
  test(`R3.19: a provider that answers ${what} is down: 503`, async () => {
    const { provider, notes } = await openWithProvider()
    assert.equal((await notes(await provider.mint())).status, 200)
    const token = await provider.mint({ claims: { sub: 'bob' } })
    provider.broken = breakIt
    assertUnavailable(await notes(token))
    provider.broken = undefined
    assert.equal((await notes(token)).status, 200)
  })
}

test('R3.19: a provider that takes longer than `timeout_seconds` is down: 503', async () => {
  const { provider, notes } = await openWithProvider({ policy: { timeout_seconds: 0.2 } })
  const token = await provider.mint()
  provider.delay = 3000
  const started = performance.now()
  assertUnavailable(await notes(token))
  assert.ok(performance.now() - started < 2000)
  provider.delay = 0
})

test('R2.4: the heartbeat asks the provider, in time, and not more often than once a second', async () => {
  const clock = createHeldClock(Date.now())
  const { provider, request } = await openWithProvider({ clock, policy: { heartbeat_timeout_seconds: 0.2 } })
  const beat = async (): Promise<unknown> => {
    const { status, body } = await request('GET', '/v1/__heartbeat__', { auth: null })
    return [status, body]
  }
  const well = { storage: true, permission: true, cache: true }
  assert.deepEqual(await beat(), [200, { ...well, google: true }])
  const before = provider.total()
  await Promise.all(Array.from({ length: 20 }, beat))
  assert.equal(provider.total(), before)
  await provider.stop()
  clock.advance(1000)
  assert.deepEqual(await beat(), [503, { ...well, google: false }])
  await provider.start()
  provider.delay = 1500
  clock.advance(1000)
  assert.deepEqual(await beat(), [503, { ...well, google: false }])
  provider.delay = 0
  clock.advance(1000)
  assert.deepEqual(await beat(), [200, { ...well, google: true }])
})

test('a cache that fails is as good as an empty one: tokens are verified each time', async () => {
  const { provider, service, notes } = await openWithProvider()
  const fail = async (): Promise<never> => {
    throw new BackendError('gone')
  }
  service.app.cache.get = fail
  service.app.cache.set = fail
  const token = await provider.mint()
  assert.equal((await notes(token)).status, 200)
  assert.equal((await notes(token)).status, 200)
  assert.equal(provider.asked.get('/userinfo'), 2)
  assertRefused(await notes('forged'))
  await provider.stop()
  assertUnavailable(await notes(token))
})

test('what the cache holds of a token is found by a hash and tells no token; foreign entries count for nothing', async () => {
  const { provider, service, notes } = await openWithProvider({ policy: { verification_ttl_seconds: 600 } })
  const { cache } = service.app
  const kept: [string, unknown, number][] = []
  const { set } = cache
  cache.set = (key, value, ttl) => {
    kept.push([key, value, ttl])
    return set.call(cache, key, value, ttl)
  }
  const token = await provider.mint()
  assert.equal((await notes(token)).status, 200)
  const [[key = '', value, ttl = 0] = []] = kept
  assert.match(key, /^auth:google:[0-9a-f]{64}$/)
  assert.ok(!JSON.stringify(kept).includes(token.slice(0, 20)) && !JSON.stringify(value).includes(token.split('.')[2] ?? ''))
  assert.ok(ttl > 355_000 && ttl <= 360_000, `the end of the token and the clock skew: ${ttl}`)
  for (const foreign of [null, 'x', [], {}, { id: 7, until: 9e15 }, { id: 'root' }, { id: 'root', principals: [1], until: 9e15 }]) {
    await set.call(cache, key, foreign, 60_000)
    const { body } = await request(token)
    assert.deepEqual(body.user instanceof Object && 'id' in body.user && body.user.id, 'google:mat')
  }
  function request(bearer: string) {
    return service.app.inject({ url: '/v1/', headers: { authorization: `Bearer ${bearer}` } }).then((answer) => ({ body: answer.json() }))
  }
})

test('whatever fails, no token and no secret is in the log', async () => {
  const { provider, service, notes, request } = await openWithProvider({
    policy: { client_secret: 'our-secret', login_callbacks: 'https://app.example', jwks_cooldown_seconds: 0.001 },
  })
  const logged: string[] = []
  const write = (...told: unknown[]): void => void logged.push(inspect(told, { depth: 20, showHidden: true }))
  Object.assign(service.app.log, { info: write, warn: write, error: write, fatal: write })
  service.app.cache.get = async () => {
    throw new BackendError('gone')
  }
  const signed = await provider.mint()
  const login = await request('GET', '/v1/openid/google/login?scope=openid&callback=https%3A%2F%2Fapp.example')
  const state = new URL(login.headers.location ?? '').searchParams.get('state') ?? ''
  for (const [, breakIt] of broken) {
    provider.broken = breakIt
    for (const token of [signed, 'opaque-token', `${signed.slice(0, -4)}AAAA`]) await notes(token)
    await request('GET', `/v1/openid/google/token?code=the-code&state=${state}`)
  }
  await provider.stop()
  assertUnavailable(await notes(signed))
  assert.ok(logged.length > 10)
  const text = logged.join()
  for (const secret of [signed.slice(0, 60), signed.slice(-40), 'opaque-token', 'our-secret', 'the-code', state]) {
    assert.ok(!text.includes(secret), `${secret} in ${logged.find((line) => line.includes(secret))}`)
  }
})

test('a token that was verified for one audience is verified anew for another, in the same cache', async () => {
  const provider = await startIdentityProvider()
  const one = await openWithProvider({ provider, backend: 'sqlite', policy: { audience: 'one' } })
  const two = await openWithProvider({ provider, policy: { audience: 'two' } })
  two.service.app.cache.get = (key) => one.service.app.cache.get(key)
  const token = await provider.mint({ claims: { aud: 'one' } })
  assert.equal(await one.userOf(token), 'google:mat')
  assertRefused(await two.notes(token))
})
