import { setTimeout as sleep } from 'node:timers/promises'
import { BackendError } from '../../errors/backend-error.ts'
import type { Collection } from '../contract.ts'
import type { WritePauses } from './write-pauses.ts'

/** Most writes that are done together. */
const LONGEST_GROUP = 64

/** A failure that took longer, ms, is one for those who waited meanwhile, too: they would only wait as long again, one group after the other. */
const LONGEST_RETRY = 500

interface Waiting<Item, Outcome> {
  readonly item: Item
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/**
 * Does the writes of one collection together that arrive while others of it are on their way, so that one collection never holds more than one
 * connection. The first starts in a microtask: nobody waits for company.
 */
export class WriteGroups<Item, Outcome> {
  readonly #write: (collection: Collection, items: readonly Item[]) => Promise<readonly Outcome[]>
  readonly #pauses: WritePauses
  readonly #mostWaiting: number
  /** By collection, what waits; there as long as something of it is on its way. */
  readonly #queues = new Map<string, Waiting<Item, Outcome>[]>()

  /**
   * @param write gives as many outcomes, in the order of the items
   * @param backlog how many may wait in a collection besides those that are next; −1: any number
   */
  constructor(
    write: (collection: Collection, items: readonly Item[]) => Promise<readonly Outcome[]>,
    { pauses, backlog }: { readonly pauses: WritePauses; readonly backlog: number },
  ) {
    this.#write = write
    this.#pauses = pauses
    this.#mostWaiting = backlog < 0 ? Number.POSITIVE_INFINITY : LONGEST_GROUP + backlog
  }

  /** Does one write, perhaps together with others; in the order of the calls. @throws BackendError at once when too many wait */
  add(collection: Collection, item: Item): Promise<Outcome> {
    const key = JSON.stringify([collection.parentId, collection.resource])
    return new Promise((resolve, reject) => {
      const waiting = { item, resolve, reject }
      const queue = this.#queues.get(key)
      if (queue !== undefined) {
        if (queue.length < this.#mostWaiting) queue.push(waiting)
        else reject(new BackendError(`${queue.length} writes wait for the collection ${key} already`))
        return
      }
      this.#queues.set(key, [waiting])
      queueMicrotask(() => void this.#work(key, collection))
    })
  }

  async #work(key: string, collection: Collection): Promise<void> {
    const queue = this.#queues.get(key) ?? []
    while (queue.length > 0) {
      const end = this.#pauses.begin(Math.min(queue.length, LONGEST_GROUP))
      await this.#do(collection, queue)
      const pause = end()
      if (pause > 0) await sleep(pause)
    }
    this.#queues.delete(key)
  }

  async #do(collection: Collection, queue: Waiting<Item, Outcome>[]): Promise<void> {
    const group = queue.splice(0, LONGEST_GROUP)
    const since = performance.now()
    try {
      const items = group.map(({ item }) => item)
      const outcomes = await this.#write(collection, items)
      for (const [place, { resolve }] of group.entries()) resolve(outcomes[place] as Outcome) // there are as many as items
    } catch (error) {
      const others = performance.now() - since > LONGEST_RETRY ? queue.splice(0) : []
      for (const { reject } of [...group, ...others]) reject(error)
    }
  }
}
