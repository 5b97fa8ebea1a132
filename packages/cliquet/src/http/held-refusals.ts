/** How often refusals are sent, ms, */
const TICK = 10

/** and how many at once. */
const MOST = 50

/** How long one is held at most, ms: who is held costs memory. */
const LONGEST_HOLD = 2000

interface Held {
  readonly since: number
  readonly send: () => void
}

/**
 * Sends the answers of requests that are refused, so many a second at most. To refuse takes time, too, and clients who are refused at once ask again at
 * once: a process would soon do little else. Whoever waits for an answer meanwhile asks nothing.
 */
export class HeldRefusals {
  /** In the order in which they came. */
  readonly #held: Held[] = []
  #timer: NodeJS.Timeout | undefined

  /** How many wait. */
  get length(): number {
    return this.#held.length
  }

  /** Has `send` called as soon as it is its turn, and in 2 s at the latest. */
  hold(send: () => void): void {
    this.#held.push({ since: performance.now(), send })
    this.#timer ??= setInterval(() => this.#sendSome(), TICK)
  }

  #sendSome(): void {
    const now = performance.now()
    const firstLater = this.#held.findIndex(({ since }, place) => place >= MOST && now - since < LONGEST_HOLD)
    for (const { send } of this.#held.splice(0, firstLater < 0 ? this.#held.length : firstLater)) send()
    if (this.#held.length > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
