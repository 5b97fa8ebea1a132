import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Views } from '../../src/index.ts'
import { type OpenOptions, openService, type Received, type Send, type ServiceUnderTest } from '../protocol/service-under-test.ts'

/** Requests that keep the process busy, 15 ms each, and such that are never answered to the end. */
const busy: Views = async (app) => {
  app.get('/stream', { config: { public: true, mayTakeLong: true } }, async (_request, reply) => {
    reply.hijack()
    reply.raw.write('so far')
  })
  app.get('/busy', { config: { public: true } }, async () => {
    for (const end = performance.now() + 15; performance.now() < end; );
    return { done: true }
  })
}

const open = (options: OpenOptions = {}): Promise<ServiceUnderTest> =>
  openService({ views: [busy], ...options, settings: { overload_delay_seconds: 0.02, ...options.settings } })

/** So many clients who ask one request after the other, until the time is over. @returns all answers */
async function hammer(request: Send, path: string, { clients, seconds }: { readonly clients: number; readonly seconds: number }) {
  const answers: Received[] = []
  const end = performance.now() + seconds * 1000
  const ask = async (): Promise<void> => {
    while (performance.now() < end) answers.push(await request('GET', path, { auth: null, headers: { origin: 'https://example.org' } }))
  }
  await Promise.all(Array.from({ length: clients }, ask))
  return answers
}

test('R3.18 R3.19 R12.22: what there is no time for is refused with 503, and what looks after the service is not', async () => {
  const { request } = await open()
  const [answers, heartbeats] = await Promise.all([
    hammer(request, '/v1/busy', { clients: 40, seconds: 3 }),
    hammer(request, '/v1/__heartbeat__', { clients: 1, seconds: 3 }),
  ])
  assert.deepEqual(
    heartbeats.filter(({ status }) => status !== 200),
    [],
  )
  const refused = answers.filter(({ status }) => status !== 200)
  assert.ok(refused.length > 100 && answers.length - refused.length > 20, `${refused.length} of ${answers.length}`)
  for (const { status, body, headers } of refused) {
    assert.deepEqual([status, body.errno, headers['retry-after'], headers.backoff], [503, 201, '30', '30'])
    assert.deepEqual([headers['access-control-allow-origin'], headers['x-content-type-options']], ['*', 'nosniff'])
  }
  assert.equal(
    (await request('OPTIONS', '/v1/busy', { headers: { origin: 'https://a.b', 'access-control-request-method': 'GET' } })).status,
    200,
  )
})

test('A second after an overload everybody is served again', async () => {
  const { request } = await open()
  const answers = await hammer(request, '/v1/busy', { clients: 40, seconds: 2 })
  assert.ok(answers.some(({ status }) => status === 503))
  await hammer(request, '/v1/busy', { clients: 1, seconds: 1.5 })
  const late = await hammer(request, '/v1/busy', { clients: 1, seconds: 1 })
  assert.ok(late.length > 5)
  assert.deepEqual([...new Set(late.map(({ status }) => status))], [200])
})

test('Streams that begin in an overload keep nobody out', { timeout: 25_000 }, async () => {
  const { request, host } = await open()
  await hammer(request, '/v1/busy', { clients: 1, seconds: 0.5 })
  const leaving = new AbortController()
  const beginStream = async (): Promise<void> => {
    while ((await fetch(`http://${host}/v1/stream`, { signal: leaving.signal })).status !== 200);
  }
  const crowd = hammer(request, '/v1/busy', { clients: 40, seconds: 5 })
  await sleep(1000)
  await Promise.all(Array.from({ length: 20 }, beginStream))
  const answers = await hammer(request, '/v1/busy', { clients: 5, seconds: 2 })
  leaving.abort()
  assert.ok((await crowd).some(({ status }) => status === 503))
  assert.ok(answers.some(({ status }) => status === 200))
})

test('With overload_delay_seconds=0 everybody waits as long as it takes', async () => {
  const { request } = await open({ settings: { overload_delay_seconds: 0 } })
  const answers = await hammer(request, '/v1/busy', { clients: 40, seconds: 2 })
  assert.deepEqual([...new Set(answers.map(({ status, headers }) => `${status} ${headers.backoff}`))], ['200 undefined'])
})

test('Requests inside a batch are let in with it', async () => {
  const { request } = await open({ settings: { overload_delay_seconds: 0.001 } })
  const requests = Array.from({ length: 25 }, () => ({ path: '/busy' }))
  for (let i = 0; i < 3; i += 1) {
    const { status, body } = await request('POST', '/v1/batch', { body: { requests } })
    assert.equal(status, 200)
    assert.ok((body.responses as { status: number }[]).every((response) => response.status === 200)) // R11.10
  }
})

test('Metrics are told how long turns of the event loop take, and how many requests were refused', async () => {
  const { request } = await open({ settings: { metrics_backend: 'cliquet/metrics/prometheus' } })
  const answers = await hammer(request, '/v1/busy', { clients: 40, seconds: 1.5 })
  const refused = answers.filter(({ status }) => status === 503).length
  assert.ok(refused > 0)
  let told = ''
  for (let i = 0; i < 200 && !told.includes(`test_requests_refused_total ${refused}`); i += 1) {
    await sleep(50)
    told = (await request('GET', '/v1/__metrics__')).text
  }
  assert.match(told, new RegExp(`^test_requests_refused_total ${refused}$`, 'm'))
  assert.match(told, /^test_event_loop_delay_seconds [\d.]+$/m)
})
