import { MemoryTransaction, memoryTransactionOn } from '../../drivers/memory/transaction.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { Clock } from '../../primitives/clock.ts'
import { systemClock } from '../../primitives/clock.ts'
import type { Storage, StorageSession } from '../contract.ts'
import { type Collections, createCollections } from '../evaluation/collections.ts'
import { itemText } from '../evaluation/item.ts'
import { loadInto } from '../evaluation/loading.ts'
import { countMatching, select } from '../evaluation/selection.ts'
import { fixedTimestamp } from '../evaluation/stamping.ts'
import { putInto, removeAllFrom, removeFrom } from '../evaluation/writing.ts'
import { isMemoryWork, joined } from './joining.ts'

/** How a memory storage is made. */
export interface MemoryStorageOptions {
  /** The machine's, unless given. */
  readonly clock?: Clock | undefined
  /** Identifies the database that this storage shares with a permission backend; its own, unless given. */
  readonly database?: object | undefined
  /** Called at the first `close`. */
  readonly onClose?: (() => Promise<void>) | undefined
}

/** What reads and writes of one database need. */
interface Records {
  readonly collections: Collections
  readonly clock: Clock
  readonly database: object
  /** Called before each of them. @throws what they shall fail with */
  hold(): void
}

function createRecords({ collections, clock, database, hold }: Records): StorageSession {
  const of: Collections['of'] = (collection) => {
    hold()
    return collections.of(collection)
  }
  return {
    get: async (collection, id) => of(collection).byId.get(id)?.record,
    timestamp: async (collection) => fixedTimestamp(of(collection), clock()),
    list: async (collection, query) => {
      const state = of(collection)
      const { items, next } = select(state, query, 'tombstones-by-filter')
      return { timestamp: fixedTimestamp(state, clock()), json: `[${items.map(itemText).join(',')}]`, length: items.length, next }
    },
    count: async (collection, filters, ids) => {
      const state = of(collection)
      return { total: countMatching(state, filters, ids), timestamp: fixedTimestamp(state, clock()) }
    },
    put: async (collection, put) => {
      const join = joined(put.join, database)
      const outcome = putInto(of(collection), clock(), put)
      if (outcome.outcome === 'created' || outcome.outcome === 'replaced') join([])
      return outcome
    },
    remove: async (collection, removal) => {
      const join = joined(removal.join, database)
      const outcome = removeFrom(of(collection), clock(), removal)
      if (outcome.outcome === 'removed') join([removal.id])
      return outcome
    },
    removeAll: async (collection, query, options = {}) => {
      const join = joined(options.join, database)
      const outcome = removeAllFrom(of(collection), clock(), query, options.ifTimestamp)
      if (outcome.outcome === 'removed') join(outcome.removed.map(({ previous }) => previous.id))
      return outcome
    },
    canJoin: (work) => isMemoryWork(work, database),
  }
}

/**
 * Makes a storage that keeps everything in the memory of this process: for tests, and for trying things out. Each call is done within one turn
 * of the event loop, which makes it atomic. Nothing survives a restart (S25), there is no connection that could be lost (S30), and what a
 * transaction writes is there at once and stays (S32).
 */
export function createMemoryStorage(options: MemoryStorageOptions = {}): Storage {
  const { clock = systemClock, database = {} } = options
  const collections = createCollections()
  let onClose = options.onClose
  return {
    ...createRecords({ collections, clock, database, hold: () => {} }),
    prepare: async (resources) => collections.declare(resources),
    purge: async (purge) => collections.purge(purge),
    flush: async () => collections.clear(),
    check: async () => true,
    async *dump() {
      yield* collections.dump()
    },
    load: async (items) => loadInto(collections.of, items),
    begin: async (transaction) => new MemoryTransaction(database, transaction),
    within: (begun) => {
      const transaction = memoryTransactionOn(database, begun)
      if (transaction === undefined) throw new BackendError('a storage in memory has no part in a transaction of another database')
      return createRecords({ collections, clock, database, hold: () => transaction.hold() })
    },
    close: async () => {
      collections.clear()
      const release = onClose
      onClose = undefined
      await release?.()
    },
  }
}
