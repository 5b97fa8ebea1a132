import { type RequestListener, Server } from 'node:http'
import { createServer, type Socket, type Server as SocketServer } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** How long connections are waited for at the end, ms. */
export interface Patience {
  /** Other processes have the same doors: answers are the last of their connections only when all of them are closed. */
  readonly doors: number
  /** Those without a request: their client may have sent one that is still on its way. */
  readonly idle: number
  /** Those with a request. Then they are cut. */
  readonly busy: number
}

/** How long a server gives its clients, ms; 0: as long as they like. */
export interface ServerTimes {
  /** For the headers of a request, from its first byte or the beginning of the connection on. Not more than for the whole request. */
  readonly headers: number
  /** For a request with its body. */
  readonly request: number
  /** For the next request on the same connection. */
  readonly keepAlive: number
  /** With nothing sent or received, also while an answer is worked out. */
  readonly silence: number
}

/** How often it looks whether somebody has taken too long, ms. */
const LOOKING = 1000

/** How long a server that is to end goes on taking connections as long as there are new ones, ms. */
const LONGEST_RUSH = 1000

/** A turn of the event loop in which nothing much was done, ms. */
const SHORT_TURN = 0.3

/**
 * An HTTP server, at one address or several, whose end hurts nobody. Node closes connections without a request at the very moment of `close()`;
 * a request that is on its way then is lost, and its client sees a reset. This one waits: what arrives meanwhile is answered.
 */
export class PatientServer extends Server {
  /** In force from `close()` on. */
  patience: Patience = { doors: 0, idle: 0, busy: 30_000 }
  /** From then on every answer should be the last one of its connection. */
  isEnding = false
  readonly #others: SocketServer[] = []
  readonly #sockets = new Set<Socket>()
  /** Connections that there have been. */
  #count = 0
  #isShut = false
  #whenEmpty = (): void => {}
  #shut: Promise<void> | undefined
  #end: Promise<void> | undefined

  constructor(listener: RequestListener) {
    super({ connectionsCheckingInterval: LOOKING }, listener)
    this.on('connection', (socket) => {
      this.#count++
      this.#sockets.add(socket)
      socket.once('close', () => this.#forget(socket))
    })
  }

  /** To be said before it listens. */
  set times({ headers, request, keepAlive, silence }: ServerTimes) {
    this.headersTimeout = headers
    this.requestTimeout = request
    this.keepAliveTimeout = keepAlive
    this.setTimeout(silence)
  }

  /** Listens at one more address, on the port of the first. @returns whether that can be */
  listenAlso(host: string): Promise<boolean> {
    const address = this.address()
    if (typeof address !== 'object' || address === null) return Promise.resolve(false)
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.emit('connection', socket))
    return new Promise((resolve) => {
      server.once('error', () => resolve(false))
      server.listen({ host, port: address.port }, () => {
        this.#others.push(server)
        resolve(true)
      })
    })
  }

  /** Takes no more connections, at any address. Those that there are go on. */
  shut(): Promise<void> {
    this.#shut ??= this.#shutDoors()
    return this.#shut
  }

  /** Does so, and ends those that there are. Calls back when none is left. May be called again. */
  override close(callback?: (error?: Error) => void): this {
    this.#end ??= this.#endAll()
    void this.#end.then(() => callback?.())
    return this
  }

  /** Node and Fastify call it when the server is closed: then it has a time of its own. */
  override closeIdleConnections(): void {
    if (!this.#isShut) super.closeIdleConnections()
  }

  async #shutDoors(): Promise<void> {
    if (this.listening) await this.#quiet()
    this.#isShut = true
    for (const server of this.#others) server.close()
    super.close()
    await sleep(this.patience.doors)
    this.isEnding = true
  }

  async #endAll(): Promise<void> {
    await this.shut()
    const { idle, busy } = this.patience
    // What has come in while this process was at work is read first.
    const timers = [setTimeout(() => setImmediate(() => this.#closeIdle()), idle), setTimeout(() => this.#cut(), busy)]
    if (this.#sockets.size > 0) await new Promise<void>((resolve) => (this.#whenEmpty = resolve))
    for (const timer of timers) clearTimeout(timer)
  }

  /**
   * Resolves when nobody waits at the door. Those that do, whose connection the system has made and we have not taken yet, are reset when it is
   * closed. A turn of the event loop takes one of them at most; of a long one the end knows little of what there was at its beginning.
   */
  async #quiet(): Promise<void> {
    const deadline = performance.now() + LONGEST_RUSH
    for (let now = performance.now(); now < deadline; ) {
      const [before, count] = [now, this.#count]
      await nextTurn()
      now = performance.now()
      if (this.#count === count && now - before < SHORT_TURN) return
    }
  }

  #forget(socket: Socket): void {
    this.#sockets.delete(socket)
    if (this.#sockets.size === 0) this.#whenEmpty()
  }

  #closeIdle(): void {
    super.closeIdleConnections()
    // To Node a connection that was never used is not idle: it waits for its first request.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Makes every answer that an app sends while its server ends the last one of its connection. To be called before any route is added. */
export function announceEnd(app: FastifyInstance, server: PatientServer): void {
  // Before the hooks that end what would go on for ever: answers of requests in flight shall know already.
  app.addHook('preClose', async () => void server.close())
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (server.isEnding) reply.header('connection', 'close')
    done(null, payload)
  })
}
