import { lookup } from 'node:dns/promises'

/** An address that datagrams go to. */
export interface Address {
  readonly address: string
  readonly family: 4 | 6
}

/** How long an address is used before its name is looked up again, ms: containers that start anew have another one. */
const VALID = 60_000

/** How long after a failure it is looked up again, ms. */
const PAUSE = 5000

/** Follows the address of a name without anybody waiting for it: Node would look it up for every datagram. */
export class FollowedAddress {
  readonly #host: string
  readonly #onFailure: (error: Error) => void
  #address: Address | undefined
  #next = 0
  #search: Promise<void> | undefined

  /** @param onFailure is told each time that the name has no address */
  constructor(host: string, onFailure: (error: Error) => void) {
    this.#host = host
    this.#onFailure = onFailure
  }

  /** The address as far as it is known; it is looked up if it is time to. */
  get current(): Address | undefined {
    if (performance.now() >= this.#next) this.search()
    return this.#address
  }

  /** Looks the address up, unless that is under way. */
  search(): Promise<void> {
    this.#search ??= this.#find().finally(() => {
      this.#search = undefined
    })
    return this.#search
  }

  async #find(): Promise<void> {
    this.#next = Number.POSITIVE_INFINITY
    try {
      const found = await lookup(this.#host, { all: true })
      const { address, family } = found.find((one) => one.family === 4) ?? found[0] ?? {}
      if (address !== undefined) this.#address = { address, family: family === 6 ? 6 : 4 }
      this.#next = performance.now() + VALID
    } catch (error) {
      this.#next = performance.now() + PAUSE
      this.#onFailure(error as Error) // a failed look-up is one
    }
  }
}
