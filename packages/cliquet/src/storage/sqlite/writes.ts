import type { SqliteConnection, SqlStatement, SqlValue } from '../../drivers/sqlite/connection.ts'
import { statementsFor, type WorkStatement } from '../../drivers/sqlite/work.ts'
import type { Collection, Condition, Purge, PutOutcome, Refused, RemovalOutcome } from '../contract.ts'
import type { StoredRecord } from '../record.ts'
import { assignTimestamp, collectionTimestamp, conditionHolds, fixTimestamp, liveRecord, storedRow, touchCollection } from './assignment.ts'
import { load } from './loading.ts'
import type { RecordRow } from './selection.ts'
import { findDuplicate, indexUniqueFields } from './unique-fields.ts'

/** What every write of one record needs. */
interface WriteInput {
  readonly collection: Collection
  readonly id: string
  readonly condition: Condition
  readonly timestamp: number | undefined
  readonly now: number
  readonly join: readonly WorkStatement[]
}

/** A put, as data for the writer thread. */
export interface PutInput extends WriteInput {
  readonly body: string
}

/** What became of a put; the caller knows the record but for its timestamp. */
export type PutResult =
  | { readonly outcome: 'written'; readonly timestamp: number; readonly previous: StoredRecord | undefined }
  | Exclude<PutOutcome, { record: StoredRecord }>

function put(connection: SqliteConnection, input: PutInput): PutResult {
  const { collection, id, body } = input
  const row = storedRow(connection, collection, id)
  const current = liveRecord(id, row)
  if (!conditionHolds(input.condition, current)) return refused(connection, input, current)
  const last = collectionTimestamp(connection, collection)
  const timestamp = assignTimestamp(connection, collection, { id, now: input.now, last, current, chosen: input.timestamp })
  if (timestamp === undefined) return { outcome: 'timestamp-taken' }
  try {
    writeRecord(connection, row === undefined, [timestamp, body, 0, collection.parentId, collection.resource, id])
  } catch (error) {
    const duplicate = findDuplicate(connection, collection, body, error)
    if (duplicate !== undefined) return duplicate
    throw error
  }
  touchCollection(connection, collection, timestamp, current === undefined ? 1 : 0)
  runJoined(connection, input.join, [id])
  return { outcome: 'written', timestamp, previous: current }
}

function remove(connection: SqliteConnection, input: WriteInput): RemovalOutcome {
  const { collection, id } = input
  const current = liveRecord(id, storedRow(connection, collection, id))
  if (current === undefined || !conditionHolds(input.condition, current)) return refused(connection, input, current)
  const last = collectionTimestamp(connection, collection)
  const timestamp = assignTimestamp(connection, collection, { id, now: input.now, last, current, chosen: input.timestamp })
  if (timestamp === undefined) return { outcome: 'timestamp-taken' }
  bury(connection, collection, id, timestamp)
  touchCollection(connection, collection, timestamp, -1)
  runJoined(connection, input.join, [id])
  return { outcome: 'removed', tombstone: { id, timestamp }, previous: current }
}

/** A removal of many, as data for the writer thread. `select` gives one row more than `limit` when a page follows. */
export interface RemoveAllInput {
  readonly collection: Collection
  readonly select: SqlStatement
  readonly limit: number
  readonly ifTimestamp: number | undefined
  readonly now: number
  readonly join: readonly WorkStatement[]
}

/** What became of it. `first` is the first tombstone's timestamp, each further one's is one more. */
export type RemoveAllResult =
  | {
      readonly outcome: 'removed'
      readonly removed: readonly StoredRecord[]
      readonly first: number
      readonly timestamp: number
      readonly more: boolean
    }
  | { readonly outcome: 'refused'; readonly timestamp: number }

function removeAll(connection: SqliteConnection, input: RemoveAllInput): RemoveAllResult {
  const { collection, limit } = input
  const last = fixTimestamp(connection, collection, input.now)
  if (input.ifTimestamp !== undefined && input.ifTimestamp !== last) return { outcome: 'refused', timestamp: last }
  const rows = connection.rows<RecordRow>(input.select.sql, input.select.params)
  const more = rows.length > limit
  const removed = rows.slice(0, limit).map(([id, timestamp, body]) => ({ id, timestamp, body }))
  const first = Math.max(input.now, last + 1)
  if (removed.length === 0) return { outcome: 'removed', removed, first, timestamp: last, more }
  for (const [index, { id }] of removed.entries()) bury(connection, collection, id, first + index)
  const timestamp = first + removed.length - 1
  touchCollection(connection, collection, timestamp, -removed.length)
  runJoined(
    connection,
    input.join,
    removed.map(({ id }) => id),
  )
  return { outcome: 'removed', removed, first, timestamp, more }
}

/** Which tombstones go; the newest `keep` of each collection stay. */
function purge(connection: SqliteConnection, { resource, parentId, before, keep }: Purge): number {
  const scope = [
    ...(parentId === undefined ? [] : [{ text: 'parent_id=?', value: parentId }]),
    ...(resource === undefined ? [] : [{ text: 'resource=?', value: resource }]),
  ]
  const where = scope.map(({ text }) => ` and ${text}`).join('')
  const values = scope.map(({ value }) => value)
  const numbered =
    'select rowid,last_modified,row_number() over (partition by parent_id,resource order by last_modified desc) as place ' +
    `from records where deleted=1${where}`
  const purged = connection.run(`delete from records where rowid in (select rowid from (${numbered}) where place>? and last_modified<?)`, [
    ...values,
    keep ?? 0,
    before ?? Number.MAX_VALUE,
  ])
  if (parentId !== undefined && before === undefined && keep === undefined) {
    connection.run(`delete from collections where live_count=0${where}`, values)
  }
  return purged
}

function flush(connection: SqliteConnection): void {
  connection.execute('delete from records; delete from collections')
}

function timestamp(connection: SqliteConnection, input: { readonly collection: Collection; readonly now: number }): number {
  return fixTimestamp(connection, input.collection, input.now)
}

/** What the writer thread does for storage. */
export const operations = { put, remove, removeAll, purge, flush, timestamp, index: indexUniqueFields, load }

function refused(connection: SqliteConnection, { collection, now }: WriteInput, current: StoredRecord | undefined): Refused {
  return { outcome: 'refused', current, timestamp: fixTimestamp(connection, collection, now) }
}

function writeRecord(connection: SqliteConnection, isNew: boolean, values: readonly SqlValue[]): void {
  const insert = 'insert into records(last_modified,data,deleted,parent_id,resource,id) values(?,?,?,?,?,?)'
  const update = 'update records set last_modified=?,data=?,deleted=? where parent_id=? and resource=? and id=?'
  connection.run(isNew ? insert : update, values)
}

/** Makes a record a tombstone. */
function bury(connection: SqliteConnection, { parentId, resource }: Collection, id: string, timestamp: number): void {
  writeRecord(connection, false, [timestamp, '{}', 1, parentId, resource, id])
}

function runJoined(connection: SqliteConnection, join: readonly WorkStatement[], ids: readonly string[]): void {
  for (const { sql, params } of statementsFor(join, ids)) connection.run(sql, params)
}
