import type { PostgresDatabase } from '../../drivers/postgresql/database.ts'
import { BackendError } from '../../errors/backend-error.ts'
import { NOW } from './time.ts'

/** After so many writes expired entries are looked for. */
const WRITES = 10

/** At most so many are then removed: more than the writes can have added, and never a long pause. */
const ENTRIES = 100

/** Removes expired entries now and then, while the cache is written to; nobody waits for it. */
export class Sweep {
  readonly #database: PostgresDatabase
  readonly #now: () => number | null
  #writes = 0
  #running: Promise<void> | undefined

  /** @param now in place of the database's clock, ms; null: the database's */
  constructor(database: PostgresDatabase, now: () => number | null) {
    this.#database = database
    this.#now = now
  }

  /** To be called after each write. */
  afterWrite(): void {
    this.#writes += 1
    if (this.#writes < WRITES || this.#running !== undefined) return
    this.#writes = 0
    this.#running = this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Resolves when nothing runs. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    const { at, distributed } = this.#database
    // What another process removes just now is left to it. A distributed database can't say so.
    const free = distributed ? '' : ' for update skip locked'
    const expired = `select prefix,key from ${at}cache where expires<=${NOW} order by expires limit ${ENTRIES}${free}`
    try {
      await this.#database.query({
        name: distributed ? 'cache sweep distributed' : 'cache sweep',
        text: `delete from ${at}cache where (prefix,key) in (${expired}) and expires<=${NOW}`,
        values: [this.#now()],
      })
    } catch (error) {
      // The next one tries again; who reads sees nothing of what is expired anyway.
      if (!(error instanceof BackendError)) throw error
    }
  }
}
