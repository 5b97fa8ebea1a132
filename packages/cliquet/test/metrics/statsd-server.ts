import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** A place where StatsD would listen. */
export interface StatsdServer {
  readonly port: number
  /** Every datagram so far. */
  readonly datagrams: readonly string[]
  /** Every line so far. */
  lines(): readonly string[]
  /** Waits until everything that was sent on this machine before is there. */
  settle(): Promise<void>
  /** Waits, at most 10 s, for a line that begins like this, and gives it. */
  lineWith(beginning: string): Promise<string>
  close(): Promise<void>
}

/** Listens on that port, or on a free one. @throws if it is not free */
export async function openStatsdServer(port = 0): Promise<StatsdServer> {
  const datagrams: string[] = []
  const marks = new Set<string>()
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 }).on('message', (bytes) => {
    const text = bytes.toString()
    if (text.startsWith('mark ')) marks.add(text)
    else datagrams.push(text)
  })
  socket.bind(port, '127.0.0.1').unref()
  await once(socket, 'listening')
  const { port: bound } = socket.address()
  const lines = (): readonly string[] => datagrams.flatMap((datagram) => datagram.split('\n'))
  return {
    port: bound,
    datagrams,
    lines,
    async settle() {
      const mark = `mark ${Math.random()}`
      // Datagrams of one machine arrive in the order of their sending.
      while (!marks.has(mark)) {
        socket.send(mark, bound, '127.0.0.1')
        await sleep(5)
      }
    },
    async lineWith(beginning) {
      for (let turn = 0; turn < 1000; turn += 1) {
        const found = lines().find((line) => line.startsWith(beginning))
        if (found !== undefined) return found
        await sleep(10)
      }
      throw new Error(`no line begins with ${beginning}; there are:\n${lines().join('\n')}`)
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}
