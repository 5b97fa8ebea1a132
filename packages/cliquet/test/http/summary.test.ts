import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import fastify from 'fastify'
import { cliquet, type RequestSummary, type StartStep, Type } from '../../src/index.ts'
import { backendSettings, basicAuth, openService, type ServiceUnderTest } from '../protocol/service-under-test.ts'

/** What a summary tells, taken when the observer was called. */
const told = (summary: RequestSummary) => ({
  method: summary.method,
  path: summary.path,
  query: summary.query,
  service: summary.service,
  status: summary.status,
  errno: summary.errno,
  policy: summary.policy,
  bytes: summary.bytes,
  batchSize: summary.batchSize,
  isSubrequest: summary.isSubrequest,
  isAborted: summary.isAborted,
  context: summary.context,
})
type Told = ReturnType<typeof told>

interface Observed extends ServiceUnderTest {
  readonly summaries: RequestSummary[]
  /** The next summaries, as soon as there are so many. */
  next(count?: number): Promise<Told[]>
}

async function openObserved(): Promise<Observed> {
  const summaries: RequestSummary[] = []
  const seen: Told[] = []
  const waiting: (() => void)[] = []
  const observe: StartStep = {
    name: 'observe',
    run: (start) =>
      void start.observeRequests((summary) => {
        summaries.push(summary)
        seen.push(told(summary))
        for (const wake of waiting.splice(0)) wake()
      }),
  }
  const service = await openService({
    steps: [{ after: 'http', add: observe }],
    prepare: (prepared) =>
      prepared.resource('book', { schema: { title: Type.String() } }).views(async (app) => {
        app.get('/slow', async () => new Promise((resolve) => setTimeout(() => resolve({ late: true }), 200)))
        app.get('/endless', async (_request, reply) => {
          reply.raw.writeHead(200, { 'content-type': 'text/plain' })
          reply.raw.write('begun')
          return reply.hijack()
        })
      }),
  })
  return {
    ...service,
    summaries,
    async next(count = 1) {
      while (seen.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
      return seen.splice(0)
    },
  }
}

const nothing = { query: '', errno: 0, policy: undefined, batchSize: undefined, isSubrequest: false, isAborted: false, context: {} }

test('a request is summarised with its endpoint, its user and the length of its answer', async () => {
  const { request, next, summaries } = await openObserved()
  const answer = await request('GET', '/v1/?a=1')
  const [hello] = await next()
  assert.deepEqual(hello, {
    ...nothing,
    method: 'GET',
    path: '/v1/',
    query: '?a=1',
    service: 'server_info',
    status: 200,
    policy: 'basicauth',
    bytes: Buffer.byteLength(answer.text),
  })
  const [summary] = summaries
  assert.match(summary?.userId ?? '', /^basicauth:[0-9a-f]+$/)
  assert.ok((summary?.duration ?? 0) > 0)
  assert.ok(Math.abs((summary?.startedAt ?? 0) - Date.now()) < 60_000)
})

test('a list tells how many records it has given', async () => {
  const { request, next } = await openObserved()
  for (const title of ['a', 'b', 'c']) await request('POST', '/v1/books', { body: { data: { title } } })
  await request('GET', '/v1/books?_limit=2')
  const [, , , list] = await next(4)
  assert.equal(list?.service, 'book-list')
  assert.deepEqual(list?.context, { collection_id: 'book', nb_records: 2, limit: 2 })
  await request('HEAD', '/v1/books')
  const [head] = await next()
  assert.deepEqual({ bytes: head?.bytes, context: head?.context }, { bytes: 0, context: { collection_id: 'book' } })
})

test('errors are summarised with their numbers, wherever they arise', async () => {
  const { request, next } = await openObserved()
  const cases = [
    ['GET', '/v1/books', { auth: null }, 'book-list', 401, 104],
    ['GET', '/v1/nowhere', {}, 'unknown', 404, 111],
    ['PUT', '/v1/', {}, 'unknown', 405, 115],
    ['GET', '/v1/books/', {}, 'unknown', 307, 0],
    ['GET', '/v1/%ff', {}, 'unknown', 400, 107],
    ['GET', `/v1/books/${'a'.repeat(2001)}`, {}, 'unknown', 404, 111],
    ['POST', '/v1/books', { body: '{' }, 'book-list', 400, 107],
    ['GET', '/v1/slow', {}, 'unnamed', 200, 0],
  ] as const
  for (const [method, path, sent] of cases) await request(method, path, sent)
  const seen = await next(cases.length)
  assert.deepEqual(
    seen.map(({ method, path, service, status, errno }) => [method, path, service, status, errno]),
    cases.map(([method, path, , service, status, errno]) => [method, path, service, status, errno]),
  )
})

test('a batch is summarised with its size, after each of its requests', async () => {
  const { request, next } = await openObserved()
  await request('POST', '/v1/batch', {
    body: { requests: [{ method: 'POST', path: '/books', body: { data: { title: 'a' } } }, { path: '/nowhere' }] },
  })
  const seen = await next(3)
  assert.deepEqual(
    seen.map(({ service, status, errno, isSubrequest, batchSize, policy }) => [service, status, errno, isSubrequest, batchSize, policy]),
    [
      ['book-list', 201, 0, true, undefined, 'basicauth'],
      ['unknown', 404, 111, true, undefined, undefined],
      ['batch', 200, 0, false, 2, 'basicauth'],
    ],
  )
  assert.ok(seen.every(({ bytes, isAborted }) => !isAborted && Number(bytes) > 0))
})

/** Sends a request and goes away when `until` is there, or at once. */
async function sendAndLeave(host: string, path: string, until = ''): Promise<void> {
  const [name = '', port = ''] = host.split(':')
  const socket = connect(Number(port), name)
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${basicAuth('mat:secret')}\r\n\r\n`)
  while (until !== '' && !String(await once(socket, 'data')).includes(until));
  // The request has arrived before the connection ends.
  setTimeout(() => socket.destroy(), 50)
  await once(socket, 'close')
}

test('a client that goes before the answer is summarised as 499', async () => {
  const { host, next } = await openObserved()
  await sendAndLeave(host, '/v1/slow')
  const [gone] = await next()
  assert.deepEqual({ status: gone?.status, isAborted: gone?.isAborted, bytes: gone?.bytes }, { status: 499, isAborted: true, bytes: 0 })
})

test('a client that goes within the answer is summarised with its status, as aborted', async () => {
  const { host, next } = await openObserved()
  await sendAndLeave(host, '/v1/endless', 'begun')
  const [gone] = await next()
  assert.deepEqual(
    { status: gone?.status, isAborted: gone?.isAborted, bytes: gone?.bytes },
    { status: 200, isAborted: true, bytes: undefined },
  )
})

test('an observer that throws disturbs neither the request nor the next observer', async () => {
  const seen: number[] = []
  const observe: StartStep = {
    name: 'observe',
    run(start) {
      start.observeRequests(() => {
        throw new Error('of an observer')
      })
      start.observeRequests(({ status, isAborted }) => void seen.push(status, Number(isAborted)))
      start.observeRequests(({ status }) => void seen.push(-status))()
    },
  }
  const { inject } = await openService({ steps: [{ after: 'http', add: observe }] })
  assert.equal((await inject('GET', '/v1/')).status, 200)
  assert.deepEqual(seen, [200, 0])
})

test("inside somebody's application what is below the version prefix is summarised, and nothing else", async (t) => {
  const seen: string[] = []
  const observe: StartStep = { name: 'observe', run: (start) => void start.observeRequests(({ path }) => void seen.push(path)) }
  const app = fastify()
  t.after(() => app.close())
  app.get('/own', async () => ({}))
  await app.register(cliquet, { name: 'test', version: '1.0', settings: backendSettings(), steps: [{ after: 'storage', add: observe }] })
  for (const path of ['/own', '/v1/', '/v1/nowhere', '/nowhere']) await app.inject(path)
  assert.deepEqual(seen, ['/v1/', '/v1/nowhere'])
})
