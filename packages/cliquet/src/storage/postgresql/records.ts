import type { PostgresSession } from '../../drivers/postgresql/session.ts'
import type { SqlRow, SqlStatement } from '../../drivers/postgresql/statement.ts'
import { isPostgresWork, type WorkCall } from '../../drivers/postgresql/work.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { JoinedWork } from '../../primitives/joined-work.ts'
import { isStorableText } from '../../schema/storable.ts'
import type { Collection, Page, StorageSession } from '../contract.ts'
import type { Filter, Query } from '../query.ts'
import { recordBody, type StoredRecord } from '../record.ts'
import { collectionTimestamp, fixedTimestamp } from './collection-row.ts'
import { assemblePage, pageOf, recordRows } from './page.ts'
import { removeMany } from './removal.ts'
import { concernsTombstones, FEW, isByTimestamp, selectCount, selectPage, selectRows, type Tables, type Taking } from './selection.ts'
import { putOutcome, removalOutcome, type Write, type WriteRow } from './writes.ts'

/** Where records are, how they are written, and what time it is. */
export interface Records extends Tables {
  /** @throws BackendError when the storage is closed */
  open(): PostgresSession
  write(collection: Collection, write: Write): Promise<WriteRow>
  /** In place of the database's clock, ms. */
  now(): number | undefined
}

/** Reads and writes records in a database, or in a transaction on one. */
export function createRecords(records: Records): StorageSession {
  const { open } = records
  return {
    get: (collection, id) => get(records, collection, id),
    timestamp: (collection) => timestampOf(records, collection),
    list: (collection, query) => list(records, collection, query),
    count: (collection, filters, ids) => count(records, collection, filters, ids),
    put: async (collection, { id, body, condition, timestamp, join }) =>
      putOutcome(id, body, await records.write(collection, { id, body, condition, timestamp, calls: callsOf(records, join) })),
    remove: async (collection, { id, condition, timestamp, join }) => {
      if (!isStorableText(id)) return { outcome: 'refused', current: undefined, timestamp: await timestampOf(records, collection) }
      return removalOutcome(
        id,
        await records.write(collection, { id, body: undefined, condition, timestamp, calls: callsOf(records, join) }),
      )
    },
    removeAll: async (collection, query, { ifTimestamp, join } = {}) => {
      const removal = { collection, query, ifTimestamp, calls: callsOf(records, join), now: records.now() }
      return await open().atomically((session) => removeMany(session, records, removal))
    },
    canJoin: (work) => isPostgresWork(work, open().database),
  }
}

async function get({ at, open }: Records, { parentId, resource }: Collection, id: string): Promise<StoredRecord | undefined> {
  if (!isStorableText(id)) return undefined
  const [row] = await open().query({
    name: 'storage get',
    text: `select last_modified,item from ${at}records where parent_id=$1 and resource=$2 and id=$3 and not deleted`,
    values: [parentId, resource, id],
  })
  if (row === undefined) return undefined
  const timestamp = Number(row[0])
  return { id, timestamp, body: recordBody(id, timestamp, String(row[1])) }
}

async function list(records: Records, collection: Collection, query: Query): Promise<Page> {
  const taking = { tombstones: concernsTombstones(query.filters) }
  if (isByTimestamp(query)) return await listByTimestamp(records, collection, query, taking)
  const rows = await withTimestamp(records, collection, selectRows(records, collection, query, taking))
  return assemblePage(Number(rows[0][0]), recordRows(rows), query)
}

/** What a poll finds is nearly always short, and for a short page PostgreSQL keeps its plan. */
async function listByTimestamp(records: Records, collection: Collection, query: Query, taking: Taking): Promise<Page> {
  const read = async (limit: number): Promise<Page> => {
    const [row] = await withTimestamp(records, collection, selectPage(records, collection, { ...query, limit }, taking))
    return pageOf(row)
  }
  if (taking.tombstones && query.limit > FEW) {
    const page = await read(FEW)
    if (page.next === undefined) return page
  }
  return await read(query.limit)
}

async function count(records: Records, collection: Collection, filters: readonly Filter[], ids: readonly string[] | undefined) {
  const [[timestamp, total]] = await withTimestamp(records, collection, selectCount(records, collection, filters, ids))
  return { total: Number(total), timestamp: Number(timestamp) }
}

/** Rows that begin with the collection's timestamp, of one snapshot (S13). There are none before it has one: it then gets one (S14). */
async function withTimestamp(records: Records, collection: Collection, select: SqlStatement): Promise<readonly [SqlRow, ...SqlRow[]]> {
  const [first, ...rest] = await records.open().query(select)
  if (first !== undefined) return [first, ...rest]
  await fix(records, collection)
  return await withTimestamp(records, collection, select)
}

const timestampOf = async (records: Records, collection: Collection): Promise<number> =>
  (await collectionTimestamp(records.open(), records, collection)) ?? (await fix(records, collection))

const fix = (records: Records, collection: Collection): Promise<number> =>
  fixedTimestamp(records.open(), records, collection, records.now())

function callsOf({ open }: Records, join: readonly JoinedWork[] = []): readonly WorkCall[] {
  const { database } = open()
  return join.flatMap((work) => {
    if (!isPostgresWork(work, database)) throw new BackendError("PostgreSQL: work of another database can't be committed with a write")
    return work.calls
  })
}
