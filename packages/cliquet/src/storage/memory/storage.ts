import { MemoryTransaction, memoryTransactionOn } from '../../drivers/memory/transaction.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { Clock } from '../../primitives/clock.ts'
import { systemClock } from '../../primitives/clock.ts'
import { parseObject } from '../../primitives/json.ts'
import type { Condition, Put, PutOutcome, Removal, RemovalOutcome, RemoveAllOutcome, Storage, StorageSession } from '../contract.ts'
import { itemText, tombstoneOf } from '../evaluation/item.ts'
import { countMatching, select } from '../evaluation/selection.ts'
import type { Query } from '../query.ts'
import type { StoredRecord } from '../record.ts'
import type { CollectionState } from './collection-state.ts'
import { type Collections, createCollections } from './collections.ts'
import { isMemoryWork, joined } from './joining.ts'
import { dump, load } from './moving.ts'
import { fixedTimestamp, nextTimestamp, stamp } from './stamping.ts'

/** How a memory storage is made. */
export interface MemoryStorageOptions {
  /** The machine's, unless given. */
  readonly clock?: Clock | undefined
  /** Identifies the database that this storage shares with a permission backend; its own, unless given. */
  readonly database?: object | undefined
  /** Called at the first `close`. */
  readonly onClose?: (() => Promise<void>) | undefined
}

/** Work to do with a write, see `joined`. */
type Join = (ids: readonly string[]) => void

/** Whether the condition holds of the live record, if any. */
function holds(condition: Condition, current: StoredRecord | undefined): boolean {
  switch (condition.kind) {
    case 'none':
      return true
    case 'absent':
      return current === undefined
    case 'present':
      return current !== undefined
    case 'timestamp':
      return current?.timestamp === condition.timestamp
  }
}

function putInto(state: CollectionState, now: number, { id, body, condition, timestamp }: Put, join: Join): PutOutcome {
  const previous = state.byId.get(id)?.record
  if (!holds(condition, previous)) return { outcome: 'refused', current: previous, timestamp: fixedTimestamp(state, now) }
  const conflict = state.unique.conflict(id, parseObject(body))
  const existing = conflict && state.byId.get(conflict.owner)?.record
  if (conflict && existing) return { outcome: 'duplicate', field: conflict.field, existing }
  const stamped = stamp(state, now, id, timestamp)
  if (stamped === 'taken') return { outcome: 'timestamp-taken' }
  const { record } = state.write(id, stamped.timestamp, body)
  state.timestamp = stamped.collection
  join([])
  return previous ? { outcome: 'replaced', record, previous } : { outcome: 'created', record }
}

function removeFrom(state: CollectionState, now: number, { id, condition, timestamp }: Removal, join: Join): RemovalOutcome {
  const item = state.byId.get(id)
  const previous = item?.record
  if (!item || !previous || !holds(condition, previous)) {
    return { outcome: 'refused', current: previous, timestamp: fixedTimestamp(state, now) }
  }
  const stamped = stamp(state, now, id, timestamp)
  if (stamped === 'taken') return { outcome: 'timestamp-taken' }
  const tombstone = state.bury(item, stamped.timestamp)
  state.timestamp = stamped.collection
  join([id])
  return { outcome: 'removed', tombstone: tombstoneOf(tombstone), previous }
}

function removeAllFrom(state: CollectionState, now: number, query: Query, ifTimestamp: number | undefined, join: Join): RemoveAllOutcome {
  const before = fixedTimestamp(state, now)
  if (ifTimestamp !== undefined && ifTimestamp !== before) return { outcome: 'refused', timestamp: before }
  const { items, next } = select(state, query, 'records')
  const removed = items.flatMap((item) => {
    const timestamp = nextTimestamp(state, now)
    state.timestamp = timestamp
    const tombstone = tombstoneOf(state.bury(item, timestamp))
    return item.record ? [{ tombstone, previous: item.record }] : []
  })
  join(items.map(({ id }) => id))
  return { outcome: 'removed', removed, timestamp: fixedTimestamp(state, now), next }
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
    put: async (collection, put) => putInto(of(collection), clock(), put, joined(put.join, database)),
    remove: async (collection, removal) => removeFrom(of(collection), clock(), removal, joined(removal.join, database)),
    removeAll: async (collection, query, { ifTimestamp, join } = {}) =>
      removeAllFrom(of(collection), clock(), query, ifTimestamp, joined(join, database)),
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
    dump: () => dump(collections),
    load: async (items) => load(collections, items),
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
