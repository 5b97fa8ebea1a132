import type { SqliteDatabase, SqliteSnapshot } from '../../drivers/sqlite/database.ts'
import { type CollectionItem, type DumpedCollection, type DumpSource, dumpOf, type StorageItem } from '../dump.ts'

/** How many rows are held. */
const PAGE = 256

type CollectionRow = readonly [parentId: string, resource: string, timestamp: number]
type ItemRow = readonly [parentId: string, resource: string, id: string, timestamp: number, body: string, deleted: number]

/** Gives everything (S36, S37): one snapshot of the whole file. `open` gives the database, or throws what the reader shall be told. */
export async function* dump(open: () => SqliteDatabase): AsyncGenerator<StorageItem, void, undefined> {
  const snapshot = await open().snapshot()
  try {
    yield* dumpOf(sourceOf(snapshot))
  } finally {
    snapshot.done()
  }
}

const sourceOf = ({ rows }: SqliteSnapshot): DumpSource => ({
  collectionsAfter: async (last) => {
    const after = last === undefined ? '' : 'where (parent_id,resource)>(?,?)'
    const sql = `select parent_id,resource,last_modified from collections ${after} order by parent_id,resource limit ${PAGE}`
    return rows<CollectionRow>(sql, last && [last.parentId, last.resource]).map(collectionOf)
  },
  itemsAfter: async (last) => {
    const after = last === undefined ? '' : 'where (parent_id,resource,id)>(?,?,?)'
    const sql = `select parent_id,resource,id,last_modified,data,deleted from records ${after} order by parent_id,resource,id limit ${PAGE}`
    return rows<ItemRow>(sql, last && [last.parentId, last.resource, last.id]).map(itemOf)
  },
})

const collectionOf = ([parentId, resource, timestamp]: CollectionRow): DumpedCollection => ({
  kind: 'collection',
  parentId,
  resource,
  timestamp,
})

function itemOf([parentId, resource, id, timestamp, body, deleted]: ItemRow): CollectionItem {
  if (deleted === 1) return { kind: 'tombstone', parentId, resource, id, timestamp }
  return { kind: 'record', parentId, resource, id, timestamp, body }
}
