import { createSocket, type Socket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import { FollowedAddress } from './address.ts'
import type { StatsdLocation } from './location.ts'

/** Longest datagram, bytes: it fits an Ethernet frame also through a tunnel. A line is never split. */
const DATAGRAM = 1432

/** How long lines are gathered, ms. */
const GATHERING = 100

/** How many datagrams wait at most while the name of the server is looked up, or the network is slow. */
const WAITING = 256

/** How long the end waits for the address of the server, ms. */
const PATIENCE = 1000

/** Gathers lines into datagrams and sends those. Nothing of it is waited for, and what can't be sent is dropped. */
export class StatsdSender {
  readonly #port: number
  readonly #host: FollowedAddress
  #socket: { readonly family: 4 | 6; readonly handle: Socket } | undefined
  #lines = ''
  #datagrams: string[] = []
  #timer: NodeJS.Timeout | undefined
  #unsent = 0
  #isClosed = false

  /** @param warn is told once that the server has no address */
  constructor({ host, port }: StatsdLocation, warn: (message: string) => void) {
    let isTold = false
    this.#port = port
    this.#host = new FollowedAddress(host, ({ message }) => {
      if (!isTold) warn(`metrics are not sent, and tried again: ${message}`)
      isTold = true
    })
  }

  /** Takes a line of ASCII, without its end. */
  add(line: string): void {
    if (this.#isClosed || line.length > DATAGRAM) return
    if (this.#lines.length + 1 + line.length > DATAGRAM) this.#pack()
    this.#lines = this.#lines === '' ? line : `${this.#lines}\n${line}`
    this.#sendLater()
  }

  /** Sends what was gathered, as far as it can be sent. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const hasLines = this.#lines !== '' || this.#datagrams.length > 0
    if (hasLines && this.#host.current === undefined) await Promise.race([this.#host.search(), sleep(PATIENCE, undefined, { ref: false })])
    this.#flush()
    const socket = this.#socket?.handle
    if (socket === undefined) return
    // Datagrams that are on their way would be lost with the socket.
    for (let turn = 0; this.#unsent > 0 && turn < 100; turn += 1) await new Promise(setImmediate)
    await new Promise<void>((resolve) => socket.close(() => resolve()))
  }

  #sendLater(): void {
    if (!this.#isClosed) this.#timer ??= setTimeout(() => this.#flush(), GATHERING).unref()
  }

  #pack(): void {
    if (this.#datagrams.length < WAITING) this.#datagrams.push(this.#lines)
    this.#lines = ''
    this.#send()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#lines !== '') this.#pack()
    else this.#send()
  }

  #send(): void {
    const to = this.#host.current
    if (to === undefined) {
      this.#sendLater()
      return
    }
    const socket = this.#socketFor(to.family)
    for (const datagram of this.#datagrams) {
      if (this.#unsent >= WAITING) break
      this.#unsent += 1
      socket.send(datagram, this.#port, to.address, () => {
        this.#unsent -= 1
      })
    }
    this.#datagrams = []
  }

  #socketFor(family: 4 | 6): Socket {
    if (this.#socket?.family === family) return this.#socket.handle
    this.#socket?.handle.close()
    // A server that does not listen is none of our concern.
    const handle = createSocket(family === 6 ? 'udp6' : 'udp4').on('error', () => {})
    this.#socket = { family, handle: handle.unref() }
    return handle
  }
}
