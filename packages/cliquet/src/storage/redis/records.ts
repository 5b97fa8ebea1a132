import { repliedText } from '../../drivers/redis/reply.ts'
import { isRedisWork } from '../../drivers/redis/work.ts'
import { isStorableText } from '../../schema/storable.ts'
import type { Collection, Page, StorageSession } from '../contract.ts'
import { itemText } from '../evaluation/item.ts'
import { countMatching, select } from '../evaluation/selection.ts'
import type { Filter, Query } from '../query.ts'
import { recordsKey } from './collections.ts'
import { removeSelected } from './removal.ts'
import { readFor, readSummary } from './snapshot.ts'
import type { Store } from './store.ts'
import { storedRecord } from './stored.ts'
import { putRecord, removeRecord } from './writes.ts'

/** Reading and writing records. `open` is called before each, and throws what they shall fail with. */
export function createRecords(store: Store, open: () => void): StorageSession {
  const { database, clock } = store
  return {
    get: async (collection, id) => {
      open()
      // The driver would make a lone surrogate another character, and find another record.
      if (!isStorableText(id)) return undefined
      return storedRecord(id, repliedText(await database.call('hget', [recordsKey(database, collection), id])))
    },
    timestamp: async (collection) => {
      open()
      return (await readSummary(database, collection, clock)).timestamp
    },
    list: async (collection, query) => {
      open()
      return await list(store, collection, query)
    },
    count: async (collection, filters, ids) => {
      open()
      return await count(store, collection, filters, ids)
    },
    put: async (collection, put) => {
      open()
      return await putRecord(store, collection, put)
    },
    remove: async (collection, removal) => {
      open()
      if (isStorableText(removal.id)) return await removeRecord(store, collection, removal)
      return { outcome: 'refused', current: undefined, timestamp: (await readSummary(database, collection, clock)).timestamp }
    },
    removeAll: async (collection, query, options = {}) => {
      open()
      return await removeSelected(store, collection, query, options)
    },
    canJoin: (work) => isRedisWork(work, database),
  }
}

async function list({ database, clock }: Store, collection: Collection, query: Query): Promise<Page> {
  const { items, timestamp } = await readFor(database, collection, clock, query, 'tombstones-by-filter')
  const { items: page, next } = select(items, query, 'tombstones-by-filter')
  return { timestamp, json: `[${page.map(itemText).join(',')}]`, length: page.length, next }
}

async function count(
  { database, clock }: Store,
  collection: Collection,
  filters: readonly Filter[],
  ids: readonly string[] | undefined,
): Promise<{ readonly total: number; readonly timestamp: number }> {
  if (filters.length === 0 && ids === undefined) {
    const { total, timestamp } = await readSummary(database, collection, clock)
    return { total, timestamp }
  }
  const { items, timestamp } = await readFor(database, collection, clock, { filters, ids, sort: [] }, 'records')
  return { total: countMatching(items, filters, ids), timestamp }
}
