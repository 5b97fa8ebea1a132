import type { PostgresDatabase } from '../../drivers/postgresql/database.ts'
import type { PostgresSession } from '../../drivers/postgresql/session.ts'
import type { SqlParam, SqlRow } from '../../drivers/postgresql/statement.ts'
import { type CollectionItem, type DumpedCollection, type DumpSource, dumpOf, type StorageItem } from '../dump.ts'
import { recordBody } from '../record.ts'

/** How many rows are held. */
const PAGE = 256

/** Gives everything (S36, S37): one snapshot of the whole database. `open` gives it, or throws what the reader shall be told. */
export async function* dump(open: () => PostgresDatabase): AsyncGenerator<StorageItem, void, undefined> {
  const database = open()
  const snapshot = await database.snapshot()
  try {
    yield* dumpOf(sourceOf(snapshot, database.at))
  } finally {
    await snapshot.rollback()
  }
}

function sourceOf(session: PostgresSession, at: string): DumpSource {
  const collections = pages(session, `select parent_id,resource,last_modified from ${at}collections`, ['parent_id', 'resource'])
  const items = pages(session, `select parent_id,resource,id,last_modified,item,deleted from ${at}records`, ['parent_id', 'resource', 'id'])
  return {
    collectionsAfter: async (last) => (await collections(last && [last.parentId, last.resource])).map(collectionOf),
    itemsAfter: async (last) => (await items(last && [last.parentId, last.resource, last.id])).map(itemOf),
  }
}

/** Reads a table in the order of its key. */
function pages(session: PostgresSession, select: string, key: readonly string[]) {
  const marks = key.map((_, place) => `$${place + 1}`)
  return (last: readonly SqlParam[] | undefined): Promise<readonly SqlRow[]> => {
    const after = last === undefined ? '' : ` where (${key.join()})>(${marks.join()})`
    return session.query({ text: `${select}${after} order by ${key.join()} limit ${PAGE}`, values: last ?? [] })
  }
}

const collectionOf = ([parentId, resource, timestamp]: SqlRow): DumpedCollection => ({
  kind: 'collection',
  parentId: String(parentId),
  resource: String(resource),
  timestamp: Number(timestamp),
})

function itemOf([parentId, resource, id, timestamp, text, deleted]: SqlRow): CollectionItem {
  const item = { parentId: String(parentId), resource: String(resource), id: String(id), timestamp: Number(timestamp) }
  return deleted === 't'
    ? { kind: 'tombstone', ...item }
    : { kind: 'record', ...item, body: recordBody(item.id, item.timestamp, String(text)) }
}
