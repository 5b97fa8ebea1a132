import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts'

/** A proxy to a server that says everything back. */
async function openEcho(t: TestContext): Promise<{ proxy: TcpProxy; call(): Promise<Socket> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  const proxy = await openTcpProxy(`redis://127.0.0.1:${port}/0`)
  t.after(async () => {
    await proxy.close()
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const call = async (): Promise<Socket> => {
    const socket = connect(proxy.port, '127.0.0.1').setEncoding('utf8')
    t.after(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { proxy, call }
}

const say = async (socket: Socket, text: string): Promise<unknown> => {
  socket.write(text)
  return (await once(socket, 'data'))[0]
}

test('a proxy passes on what both sides say, and a URL leads to it', async (t) => {
  const { proxy, call } = await openEcho(t)
  const socket = await call()
  assert.equal(await say(socket, 'hello'), 'hello')
  assert.equal(proxy.connections, 1)
  assert.equal(proxy.url('postgresql://me:secret@db.example:5432/name?a=b'), `postgresql://me:secret@127.0.0.1:${proxy.port}/name?a=b`)
  socket.end()
  await once(socket, 'close')
  assert.equal(proxy.connections, 0)
})

test('a cut proxy ends connections and refuses new ones until it is mended, on the same port', async (t) => {
  const { proxy, call } = await openEcho(t)
  const socket = await call()
  const closed = once(socket, 'close')
  await proxy.cut()
  await closed
  await assert.rejects(call(), { code: 'ECONNREFUSED' })
  await proxy.mend()
  assert.equal(await say(await call(), 'again'), 'again')
})

test('a stalled proxy keeps old and new connections but passes nothing on until it is mended', async (t) => {
  const { proxy, call } = await openEcho(t)
  const old = await call()
  assert.equal(await say(old, 'before'), 'before')
  proxy.stall()
  const fresh = await call()
  let heard = ''
  for (const socket of [old, fresh]) socket.on('data', (text) => (heard += text)).write('x')
  await sleep(100)
  assert.equal(heard, '')
  assert.equal(proxy.connections, 2)
  await proxy.mend()
  while (heard.length < 2) await sleep(5)
  assert.equal(heard, 'xx')
})

test('a closed proxy has nothing open, and closing again does nothing', async (t) => {
  const { proxy, call } = await openEcho(t)
  const socket = await call()
  await Promise.all([proxy.close(), once(socket, 'close')])
  await proxy.close()
  assert.equal(proxy.connections, 0)
  await assert.rejects(call(), { code: 'ECONNREFUSED' })
})
