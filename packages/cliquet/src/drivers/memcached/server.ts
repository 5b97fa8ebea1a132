import type { Socket } from 'node:net'
import type { Response, Server } from 'memjs'
import { BackendError } from '../../errors/backend-error.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { MemcachedHost } from './location.ts'
import { type MemcachedAnswer, type MemcachedRequest, operations, outcomeOf } from './request.ts'

/**
 * One Memcached. All requests share a connection, which is opened when needed, and replaced when it is lost or the server says nothing.
 *
 * Of the driver only its connection is used (`Server`), once: its client repeats requests that may have been done, cannot name the version of a
 * value, and waits for ever for an answer when the server closes the connection; a connection used again would read the rest of an
 * answer that was cut off as the beginning of the next one.
 */
export class MemcachedServer {
  readonly place: string
  readonly #host: MemcachedHost
  readonly #timeout: number
  readonly #running = new Set<Promise<unknown>>()
  #connection: Connection | undefined
  #isClosed = false

  /** @param timeout how long a request may take, connecting included, ms */
  constructor(host: MemcachedHost, timeout: number) {
    this.#host = host
    this.#timeout = timeout
    this.place = `${host.host}:${host.port}`
  }

  /** Sends a request. @throws BackendError when it was not done, or nobody knows whether it was */
  async ask(request: MemcachedRequest): Promise<MemcachedAnswer> {
    const driver = await loadDriver()
    if (this.#isClosed) throw new BackendError(`Memcached ${this.place}: the connection is closed`)
    const asked = this.#connect(driver).ask(request)
    this.#running.add(asked)
    try {
      const { header, val } = await asked
      return { outcome: outcomeOf(header.status, this.place), value: val, version: header.cas }
    } finally {
      this.#running.delete(asked)
    }
  }

  /** Waits for the answers to what was asked, then closes the connection. A second call does nothing. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#running)
    this.#connection?.drop('the connection is closed')
  }

  #connect({ Server, Utils }: typeof import('memjs')): Connection {
    const { host, port } = this.#host
    // The driver's own timers come never: on a time-out it keeps the connection.
    const never = 24 * 3600
    const open = () => new Server(host, port, undefined, undefined, { timeout: never, conntimeout: never, keepAlive: true })
    if (this.#connection?.isUsable !== true) this.#connection = new Connection(open(), Utils.makeRequestBuffer, this.place, this.#timeout)
    return this.#connection
  }
}

type MakeBuffer = typeof import('memjs')['Utils']['makeRequestBuffer']

/** A connection, until the first thing goes wrong. Requests are answered by number, in any order. */
class Connection {
  readonly #server: Server
  readonly #makeBuffer: MakeBuffer
  readonly #place: string
  readonly #timeout: number
  #lastNumber = 0
  #isUsable = true

  constructor(server: Server, makeBuffer: MakeBuffer, place: string, timeout: number) {
    this.#server = server
    this.#makeBuffer = makeBuffer
    this.#place = place
    this.#timeout = timeout
    server.onConnect((socket: Socket) => {
      socket.setNoDelay(true)
      socket.once('close', () => this.drop('the server has closed the connection'))
    })
  }

  get isUsable(): boolean {
    return this.#isUsable
  }

  ask(request: MemcachedRequest): Promise<Response> {
    this.#lastNumber = (this.#lastNumber + 1) % 2 ** 31
    const number = this.#lastNumber
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.drop(`no answer within ${this.#timeout} ms`), this.#timeout)
      this.#server.onResponse(number, (response) => {
        clearTimeout(timer)
        resolve(response)
      })
      this.#server.onError(number, (cause) => {
        clearTimeout(timer)
        this.#isUsable = false
        reject(cause instanceof BackendError ? cause : new BackendError(`Memcached ${this.#place}: ${reasonOf(cause)}`, { cause }))
      })
      this.#server.write(this.#encode(request, number))
    })
  }

  /** Ends the connection at once; whoever waits for an answer is told why. */
  drop(reason: string): void {
    if (!this.#isUsable) return
    this.#isUsable = false
    this.#server.error(new BackendError(`Memcached ${this.#place}: ${reason}`))
  }

  #encode({ operation, key = '', value, expiration = 0, version }: MemcachedRequest, number: number): Buffer {
    const extras = Buffer.alloc(value === undefined ? 0 : 8)
    if (value !== undefined) extras.writeUInt32BE(expiration, 4)
    const buffer = this.#makeBuffer(operations[operation], key, extras, value ?? '', number)
    // The driver's function knows no versions.
    version?.copy(buffer, 16)
    return buffer
  }
}

/** Of the error of a socket; with several addresses the driver gets one error for each. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

async function loadDriver(): Promise<typeof import('memjs')> {
  try {
    return await import('memjs')
  } catch (cause) {
    throw new ConfigurationError('Memcached needs the package "memjs": npm install memjs', { cause })
  }
}
