import { connect } from 'node:net'

/** An answer to one request. */
export interface Reply {
  readonly status: number
  /** Status line and headers. */
  readonly head: string
  readonly body: Buffer
}

/** One keep-alive connection without pipelining: a request is sent when the answer to the one before is complete. */
export interface Connection {
  /** Rejects when the connection breaks or the answer has no `Content-Length`; the connection is then of no more use. */
  exchange(request: Buffer): Promise<Reply>
  close(): void
}

interface Pending {
  readonly isHead: boolean
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

const HEAD_END = Buffer.from('\r\n\r\n')
const NOTHING = Buffer.alloc(0)

/**
 * Opens a connection to this machine. It does as little as HTTP allows, so that on a machine with two cores the server is what is measured:
 * requests are bytes made beforehand, of an answer only the status and the length are read.
 */
export async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let pending: Pending | undefined
  let received: Buffer = NOTHING
  const fail = (error: Error): void => {
    pending?.reject(error)
    pending = undefined
    socket.destroy()
  }
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject)
  })
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the server closed the connection')))
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    if (pending === undefined) return fail(new Error('the server sent something without being asked'))
    const reply = readReply(received, pending.isHead)
    if (reply instanceof Error) return fail(reply)
    if (reply === undefined) return
    const { resolve } = pending
    received = NOTHING
    pending = undefined
    resolve(reply)
  })
  return {
    exchange: (request) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) throw new Error('the connection is closed')
        pending = { isHead: request.subarray(0, 5).toString('latin1') === 'HEAD ', resolve, reject }
        socket.write(request)
      }),
    close() {
      socket.removeAllListeners('close').destroy()
    },
  }
}

/** The answer that the bytes are, or undefined while it is incomplete. */
function readReply(bytes: Buffer, isHead: boolean): Reply | Error | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const status = Number(head.slice(9, 12))
  const length = isHead || status === 304 || status === 204 ? 0 : Number(headerOf(head, 'content-length') ?? Number.NaN)
  if (Number.isNaN(length)) return new Error(`an answer without Content-Length:\n${head}`)
  const start = end + HEAD_END.length
  if (bytes.length < start + length) return undefined
  return { status, head, body: bytes.subarray(start, start + length) }
}

/** The value of a header; `name` in lower case, which is how both servers write it. */
export function headerOf(head: string, name: string): string | undefined {
  const at = head.indexOf(`\r\n${name}: `)
  if (at < 0) return undefined
  const start = at + name.length + 4
  const end = head.indexOf('\r\n', start)
  return head.slice(start, end < 0 ? undefined : end)
}

/** Opens a connection, uses it once, closes it. */
export async function ask(port: number, request: Buffer): Promise<Reply> {
  const connection = await openConnection(port)
  try {
    return await connection.exchange(request)
  } finally {
    connection.close()
  }
}
