import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between a client and a server, and is the network between them. */
export interface TcpProxy {
  readonly port: number
  /** Connections that are open now. */
  readonly connections: number
  /** That URL with our host and port in place of the server's. */
  url(original: string): string
  /** Ends all connections and refuses new ones, like a server that is gone. */
  cut(): Promise<void>
  /** Keeps connections, and takes new ones, but passes nothing on, like a network that swallows everything. */
  stall(): void
  /** Takes back `cut` or `stall`; what was held back is passed on. */
  mend(): Promise<void>
  /** Ends everything. A second call does nothing. */
  close(): Promise<void>
}

/** Opens a proxy on a free port of 127.0.0.1 to the host and port of a URL. */
export async function openTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target)
  const proxy = new NetworkProxy(hostname, Number(port))
  await proxy.listen()
  return proxy
}

interface Pair {
  readonly client: Socket
  /** The connection to the server; one that came while stalled has none yet. */
  server: Socket | undefined
}

class NetworkProxy implements TcpProxy {
  readonly #host: string
  readonly #port: number
  readonly #pairs = new Set<Pair>()
  #listener: Server | undefined
  #own = 0
  #isStalled = false

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  get port(): number {
    return this.#own
  }

  get connections(): number {
    return this.#pairs.size
  }

  url(original: string): string {
    const url = new URL(original)
    url.hostname = '127.0.0.1'
    url.port = String(this.#own)
    return url.href
  }

  async listen(): Promise<void> {
    const listener = createServer((client) => this.#accept(client))
    listener.listen(this.#own, '127.0.0.1')
    await once(listener, 'listening')
    this.#listener = listener
    this.#own = (listener.address() as AddressInfo).port // it listens on a port, not on a pipe
  }

  async cut(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    const closed = listener && once(listener, 'close')
    listener?.close()
    for (const pair of this.#pairs) this.#end(pair)
    await closed
  }

  stall(): void {
    this.#isStalled = true
    for (const { client, server } of this.#pairs) {
      client.pause()
      server?.pause()
    }
  }

  async mend(): Promise<void> {
    this.#isStalled = false
    if (this.#listener === undefined) await this.listen()
    for (const pair of this.#pairs) {
      if (pair.server === undefined) this.#join(pair)
      pair.client.resume()
      pair.server?.resume()
    }
  }

  async close(): Promise<void> {
    await this.cut()
  }

  #accept(client: Socket): void {
    const pair: Pair = { client, server: undefined }
    this.#pairs.add(pair)
    client.setNoDelay(true).on('error', () => this.#end(pair))
    client.on('close', () => this.#end(pair))
    if (this.#isStalled) client.pause()
    else this.#join(pair)
  }

  #join(pair: Pair): void {
    const { client } = pair
    const server = connect(this.#port, this.#host).setNoDelay(true)
    pair.server = server
    server.on('error', () => this.#end(pair))
    server.on('close', () => this.#end(pair))
    pass(client, server)
    pass(server, client)
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair)
    pair.client.destroy()
    pair.server?.destroy()
  }
}

/** Passes data and the end of it on. Not `pipe`, which would resume what was paused. */
function pass(from: Socket, to: Socket): void {
  from.on('data', (data) => to.write(data))
  from.on('end', () => to.end())
}
