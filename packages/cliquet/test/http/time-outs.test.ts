import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createService, type Service, storedText, Type } from '../../src/index.ts'
import { backendSettings, openService, type ServiceUnderTest } from '../protocol/service-under-test.ts'

/** A connection of a client that does not hurry. */
interface SlowClient {
  write(text: string): void
  /** What it has been answered, once the server has closed the connection; within 15 s. */
  readonly end: Promise<string>
}

async function slowClient(t: TestContext, { host }: ServiceUnderTest): Promise<SlowClient> {
  const socket = connect(Number(host.split(':')[1]), '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {})
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  const late = sleep(15_000, undefined, { ref: false }).then(() => assert.fail('the server has not closed the connection'))
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(Buffer.concat(chunks).toString())))
  return { write: (text) => void socket.write(text), end: Promise.race([closed, late]) }
}

/** Writes a piece again and again, until the connection is closed. What it is answered may be lost: it was still sending. */
async function drip({ write, end }: SlowClient, begin: string, piece: string): Promise<string> {
  write(begin)
  const timer = setInterval(() => write(piece), 50)
  return await end.finally(() => clearInterval(timer))
}

function assertTimedOut(answer: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  assert.match(head, /^HTTP\/1\.1 408 Request Timeout\r\n/)
  assert.match(head, /\r\nContent-Type: application\/json\r\n/)
  assert.match(head, /\r\nConnection: close/)
  const { code, errno, error } = JSON.parse(body)
  assert.deepEqual([code, errno, error], [408, 999, 'Request Timeout']) // R3.20
}

const short = { header_timeout_seconds: 1, request_timeout_seconds: 1 }

test('Clients who send their headers slowly are sent away, and disturb nobody', async (t) => {
  const service = await openService({ settings: short })
  const slow = Array.from(
    { length: 100 },
    async () => await drip(await slowClient(t, service), 'GET /v1/ HTTP/1.1\r\nHost: here\r\n', 'a: b\r\n'),
  )
  const statuses = new Set<number>()
  for (const end = performance.now() + 1000; performance.now() < end; ) statuses.add((await service.request('GET', '/v1/')).status)
  assert.deepEqual([...statuses], [200])
  assertTimedOut((await Promise.all(slow)).find((answer) => answer !== '') ?? '')
})

test('A client who sends nothing is sent away, too', async (t) => {
  const service = await openService({ settings: short })
  assertTimedOut(await (await slowClient(t, service)).end)
})

test('A body that arrives slowly is not waited for, on an endpoint of the toolkit and on one of an author’s own', async (t) => {
  const service = await openService({
    settings: short,
    prepare: (opened) =>
      void opened
        .resource('note', { schema: {} })
        .views(async (app) => void app.post('/own', { config: { public: true } }, async () => ({}))),
  })
  for (const path of ['/v1/notes', '/v1/own']) {
    const head = `POST ${path} HTTP/1.1\r\nHost: here\r\nAuthorization: Basic bWF0OnNlY3JldA==\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n`
    const slow = Array.from({ length: 20 }, async () => await drip(await slowClient(t, service), head, ' '))
    assertTimedOut((await Promise.all(slow)).find((answer) => answer !== '') ?? '')
  }
  assert.equal((await service.request('GET', '/v1/notes')).status, 200)
})

test('A connection is kept for the next request for so long, and no longer', async (t) => {
  const service = await openService({ settings: { keep_alive_timeout_seconds: 1 } })
  const client = await slowClient(t, service)
  const begin = performance.now()
  client.write('GET /v1/__lbheartbeat__ HTTP/1.1\r\nHost: here\r\n\r\n')
  await sleep(500)
  client.write('GET /v1/__lbheartbeat__ HTTP/1.1\r\nHost: here\r\n\r\n')
  const answers = await client.end
  assert.equal(answers.match(/HTTP\/1\.1 200 OK/g)?.length, 2)
  assert.ok(performance.now() - begin > 1400)
})

test('A connection on which nothing happens is cut, also while an answer is worked out', async (t) => {
  const stuck = (opened: Service): void =>
    void opened.views(async (app) => void app.get('/stuck', { config: { public: true } }, () => new Promise(() => {})))
  const service = await openService({ settings: { connection_timeout_seconds: 1 }, prepare: stuck })
  const client = await slowClient(t, service)
  client.write('GET /v1/stuck HTTP/1.1\r\nHost: here\r\n\r\n')
  assert.equal(await client.end, '')
})

test('Headers are not given longer than the request that they are part of', async () => {
  const settings = { ...backendSettings(), header_timeout_seconds: 30, request_timeout_seconds: 10 }
  const service = createService({ name: 'test', version: '1.0', settings })
  await assert.rejects(service.ready(), {
    name: 'ConfigurationError',
    message: /"header_timeout_seconds" must not be more than request_timeout_seconds/,
  })
})

/** A service that answers after a second at most, with views that take longer, and some that take long but have begun. */
async function openHurried(backend: 'memory' | 'sqlite' = 'memory') {
  return await openService({
    backend,
    settings: { handler_timeout_seconds: 1, retry_after_seconds: 7 },
    prepare: (service) =>
      void service.resource('note', { schema: { text: Type.Optional(Type.String()) } }).views(async (app) => {
        app.get('/stuck', { config: { public: true } }, () => new Promise(() => {}))
        app.get('/slow', { config: { public: true } }, async () => {
          await sleep(2000)
          return { done: true }
        })
        app.get('/long', { config: { public: true, mayTakeLong: true } }, async () => {
          await sleep(2000)
          return { done: true }
        })
        app.get('/stream', { config: { public: true } }, async (_request, reply) => {
          reply.raw.writeHead(200, { 'content-type': 'text/plain' })
          reply.raw.write('begun, ')
          await sleep(1800)
          reply.raw.end('and done')
          return reply.hijack()
        })
        app.post('/written', async (request) => {
          await request.transact(async ({ storage }) => {
            const collection = { parentId: request.userId ?? '', resource: 'note' }
            await storage.put(collection, { id: 'late', body: storedText({ text: 'too late' }), condition: { kind: 'none' } })
            await sleep(2000)
          })
          return {}
        })
      }),
  })
}

test('R3.18 R3.19: who would have to wait too long for an answer gets 503; what comes of it later is dropped', async () => {
  const { request } = await openHurried()
  const answers = await Promise.all(['/v1/stuck', '/v1/slow'].map((path) => request('GET', path, { headers: { origin: 'https://a.b' } })))
  for (const { status, body, headers } of answers) {
    assert.deepEqual([status, body.errno, headers['retry-after'], headers['access-control-allow-origin']], [503, 201, '7', '*'])
  }
  await sleep(1500)
  assert.equal((await request('GET', '/v1/')).status, 200)
})

test('An answer that has begun is not broken off, nor one that may take long', async () => {
  const { request } = await openHurried()
  assert.deepEqual((await request('GET', '/v1/long')).body, { done: true })
  assert.equal((await request('GET', '/v1/stream')).text, 'begun, and done')
})

test('What request.transact() wrote for a request that took too long is undone', async () => {
  const { request } = await openHurried('sqlite')
  assert.equal((await request('POST', '/v1/written')).status, 503)
  await sleep(2000)
  assert.deepEqual((await request('GET', '/v1/notes')).records, [])
})

test('A batch that takes too long is a 503, and nothing of it is written', async () => {
  const { request } = await openHurried('sqlite')
  const requests = [{ method: 'POST', path: '/notes', body: { data: { text: 'one' } } }, { path: '/slow' }, { path: '/slow' }]
  assert.equal((await request('POST', '/v1/batch', { body: { requests } })).status, 503)
  await sleep(2500)
  assert.deepEqual((await request('GET', '/v1/notes')).records, [])
  assert.equal((await request('POST', '/v1/notes', { body: { data: {} } })).status, 201)
})
