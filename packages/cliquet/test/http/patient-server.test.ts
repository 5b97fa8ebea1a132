import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Patience, PatientServer } from '../../src/http/patient-server.ts'

const times = { headers: 0, request: 0, keepAlive: 60_000, silence: 0 }

interface Started {
  readonly server: PatientServer
  readonly port: number
  /** Ends it; resolves to how long that took, ms. */
  end(): Promise<number>
}

async function started(t: TestContext, patience: Partial<Patience>, listener: RequestListener): Promise<Started> {
  const server = new PatientServer(listener)
  server.times = times
  server.patience = { ...server.patience, ...patience }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.closeAllConnections())
  const { port } = server.address() as AddressInfo // it listens on a port
  async function end(): Promise<number> {
    const begin = performance.now()
    await new Promise<void>((resolve) => server.close(() => resolve()))
    return performance.now() - begin
  }
  return { server, port, end }
}

/** A connection on which one request was answered. */
async function used(port: number): Promise<Socket> {
  const socket = await opened(port)
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
  await once(socket, 'data')
  return socket
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  await once(socket, 'connect')
  return socket
}

const hello: RequestListener = (_request, response) => void response.end('hello')

test('what arrives on a kept connection while a server ends is answered, by one that takes no new connections', async (t) => {
  const { server, port, end } = await started(t, { idle: 60_000 }, (_request, response) => {
    if (server.isEnding) response.setHeader('connection', 'close')
    response.end('hello')
  })
  const [first, second] = [await used(port), await used(port)]
  const ended = end()
  while (!server.isEnding) await sleep(5)
  await assert.rejects(opened(port), { code: 'ECONNREFUSED' })
  for (const socket of [first, second]) {
    socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
    const [answer] = await once(socket, 'data')
    assert.match(String(answer), /^HTTP\/1\.1 200 OK\r\nconnection: close\r\n/)
  }
  assert.ok((await ended) < 30_000, 'it ends as soon as no connection is left')
})

test('connections without a request are closed after their time, also those that were never used', async (t) => {
  const { port, end } = await started(t, { idle: 300 }, hello)
  const sockets = [await used(port), await opened(port)]
  const closed = Promise.all(sockets.map((socket) => once(socket.resume(), 'close')))
  const took = await end()
  assert.ok(took >= 290, `after ${took} ms`)
  await closed
})

test('requests in flight are waited for, and cut after their time', async (t) => {
  const { port, end } = await started(t, { busy: 1000 }, ({ url }, response) => {
    if (url === '/quick') setTimeout(() => response.end('done'), 300)
  })
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const ask = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      get({ port, host: '127.0.0.1', path, agent }, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text))
      }).on('error', reject)
    })
  const quick = ask('/quick')
  const slow = assert.rejects(ask('/never'), { code: 'ECONNRESET' })
  await sleep(100)
  const took = await end()
  assert.equal(await quick, 'done')
  await slow
  assert.ok(took >= 990, `after ${took} ms`)
})

test('a request that has begun to arrive is waited for', async (t) => {
  const { server, port, end } = await started(t, { idle: 100 }, hello)
  const socket = await opened(port)
  socket.write('GET / HTTP/1.1\r\nHost: he')
  while ((await connections(server)) === 0) await sleep(5)
  const ended = end()
  await sleep(500)
  socket.write('re\r\n\r\n')
  const [answer] = await once(socket, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 200 OK/)
  socket.end()
  await ended
})

const connections = (server: PatientServer): Promise<number> =>
  new Promise((resolve, reject) => server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))))

test('a server at several addresses ends at all of them', async (t) => {
  const { server, port, end } = await started(t, {}, hello)
  if (!(await server.listenAlso('::1'))) return t.skip('this machine has no ::1')
  const socket = connect(port, '::1').on('error', () => {})
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await end()
  await closed
  const refused = connect(port, '::1')
  const [error] = await once(refused, 'error').catch((reason: unknown) => [reason])
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED')
})

test('a server that never listened can be closed, and closed again', async () => {
  const server = new PatientServer(hello)
  for (let n = 0; n < 2; n++) await new Promise<void>((resolve) => server.close(() => resolve()))
})
