import type { SqliteConnection, SqlStatement } from '../../drivers/sqlite/connection.ts'
import { moduleBeside } from '../../drivers/sqlite/operations.ts'
import type { SqliteSession, Write } from '../../drivers/sqlite/session.ts'
import { isSqliteWork, type WorkStatement } from '../../drivers/sqlite/work.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { JoinedWork } from '../../primitives/joined-work.ts'
import { isStorableText } from '../../schema/storable.ts'
import type { Collection, Page, Put, PutOutcome, RemoveAllOutcome, StorageSession } from '../contract.ts'
import type { Filter, Query } from '../query.ts'
import { collectionTimestamp, liveRecord, storedRow } from './assignment.ts'
import { assemblePage, sortValues } from './page.ts'
import { concernsTombstones, type RecordRow, selectCount, selectRecords } from './selection.ts'
import type { operations } from './writes.ts'

/** Where records are, how they are written, and what time it is. */
interface Records {
  /** @throws BackendError when the storage is closed */
  open(): SqliteSession
  readonly write: Write<typeof operations>
  readonly clock: Clock
}

/** What writes need, for `SqliteSession.writer`. */
export const writes = moduleBeside(import.meta.url, 'writes')

/** Reads and writes records in a database or in a transaction on one. `open` gives it, or throws what calls shall fail with. */
export function createRecords(session: SqliteSession, open: () => SqliteSession, clock: Clock): StorageSession {
  const records: Records = { open, write: session.writer(writes), clock }
  return {
    // The driver would make a lone surrogate another character, and find another record.
    get: async (collection, id) =>
      isStorableText(id) ? await open().read((connection) => liveRecord(id, storedRow(connection, collection, id))) : undefined,
    timestamp: (collection) => timestampOf(records, collection),
    list: (collection, query) => list(records, collection, query),
    count: (collection, filters, ids) => count(records, collection, filters, ids),
    put: (collection, change) => put(records, collection, change),
    remove: async (collection, { id, condition, timestamp, join }) => {
      if (!isStorableText(id)) return { outcome: 'refused', current: undefined, timestamp: await timestampOf(records, collection) }
      return await records.write('remove', { collection, id, condition, timestamp, now: clock(), join: statementsOf(records, join) })
    },
    removeAll: (collection, query, options) => removeAll(records, collection, query, options),
    canJoin: (work) => isSqliteWork(work, session.database),
  }
}

async function list(records: Records, collection: Collection, query: Query): Promise<Page> {
  const unchanged = await unchangedSince(records, collection, query)
  if (unchanged !== undefined) return { timestamp: unchanged, json: '[]', length: 0, next: undefined }
  const select = selectRecords(collection, query, { tombstones: concernsTombstones(query.filters) })
  const read = (connection: SqliteConnection) => connection.rows<RecordRow>(select.sql, select.params)
  const [timestamp, rows] = await readWithTimestamp(records, collection, read)
  return assemblePage(timestamp, rows, query)
}

async function count(records: Records, collection: Collection, filters: readonly Filter[], ids: readonly string[] | undefined) {
  const select = filters.length === 0 && ids === undefined ? selectLiveCount(collection) : selectCount(collection, filters, ids)
  const read = (connection: SqliteConnection) => connection.row<[number]>(select.sql, select.params)?.[0]
  const [timestamp, total] = await readWithTimestamp(records, collection, read)
  return { total: total ?? 0, timestamp }
}

async function put(records: Records, collection: Collection, { id, body, condition, timestamp, join }: Put): Promise<PutOutcome> {
  const statements = statementsOf(records, join)
  const result = await records.write('put', { collection, id, body, condition, timestamp, now: records.clock(), join: statements })
  if (result.outcome !== 'written') return result
  const record = { id, timestamp: result.timestamp, body }
  return result.previous === undefined ? { outcome: 'created', record } : { outcome: 'replaced', record, previous: result.previous }
}

async function removeAll(
  records: Records,
  collection: Collection,
  query: Query,
  options: Parameters<StorageSession['removeAll']>[2] = {},
): Promise<RemoveAllOutcome> {
  const select = selectRecords(collection, query, { tombstones: false })
  const join = statementsOf(records, options.join)
  const input = { collection, select, limit: query.limit, ifTimestamp: options.ifTimestamp, now: records.clock(), join }
  const result = await records.write('removeAll', input)
  if (result.outcome === 'refused') return result
  const { removed, first, timestamp, more } = result
  const last = more ? removed.at(-1) : undefined
  return {
    outcome: 'removed',
    removed: removed.map((previous, index) => ({ tombstone: { id: previous.id, timestamp: first + index }, previous })),
    timestamp,
    next: last && sortValues([last.id, last.timestamp, last.body, 0], query),
  }
}

/** The collection's timestamp, if the query asks for changes after it: there are none. Most polls are such (R9.11). */
async function unchangedSince(records: Records, collection: Collection, { filters }: Query): Promise<number | undefined> {
  const since = filters.find(({ field, operator }) => field === 'last_modified' && operator === 'gt')?.value
  if (typeof since !== 'number') return undefined
  const timestamp = await records.open().read((connection) => collectionTimestamp(connection, collection))
  return timestamp !== undefined && since >= timestamp ? timestamp : undefined
}

/** One snapshot of a collection's timestamp and something else (S13). */
async function readWithTimestamp<Result>(
  records: Records,
  collection: Collection,
  work: (connection: SqliteConnection) => Result,
): Promise<[number, Result]> {
  const [timestamp, result] = await records
    .open()
    .read((connection) => connection.snapshot(() => [collectionTimestamp(connection, collection), work(connection)] as const))
  if (timestamp !== undefined) return [timestamp, result]
  await fixTimestamp(records, collection)
  return await readWithTimestamp(records, collection, work)
}

const timestampOf = async (records: Records, collection: Collection): Promise<number> =>
  (await records.open().read((connection) => collectionTimestamp(connection, collection))) ?? (await fixTimestamp(records, collection))

const fixTimestamp = ({ write, clock }: Records, collection: Collection): Promise<number> =>
  write('timestamp', { collection, now: clock() })

function statementsOf({ open }: Records, join: readonly JoinedWork[] | undefined): readonly WorkStatement[] {
  const { database, path } = open()
  if (join === undefined) return []
  return join.flatMap((work) => {
    if (!isSqliteWork(work, database)) throw new BackendError(`${path} can't commit work of another database`)
    return work.statements
  })
}

const selectLiveCount = ({ parentId, resource }: Collection): SqlStatement => ({
  sql: 'select live_count from collections where parent_id=? and resource=?',
  params: [parentId, resource],
})
