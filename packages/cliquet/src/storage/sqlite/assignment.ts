import type { SqliteConnection } from '../../drivers/sqlite/connection.ts'
import type { Collection, Condition } from '../contract.ts'
import type { StoredRecord } from '../record.ts'

/** A record's row: last_modified, data, deleted. */
export type StoredRow = readonly [timestamp: number, data: string, deleted: number]

/** The collection's row, if any. */
export function collectionTimestamp(connection: SqliteConnection, { parentId, resource }: Collection): number | undefined {
  return connection.row<[number]>('select last_modified from collections where parent_id=? and resource=?', [parentId, resource])?.[0]
}

/** The record's or tombstone's row, if any. */
export function storedRow(connection: SqliteConnection, { parentId, resource }: Collection, id: string): StoredRow | undefined {
  const sql = 'select last_modified,data,deleted from records where parent_id=? and resource=? and id=?'
  return connection.row<StoredRow>(sql, [parentId, resource, id])
}

/** The live record of a row. */
export function liveRecord(id: string, row: StoredRow | undefined): StoredRecord | undefined {
  return row === undefined || row[2] === 1 ? undefined : { id, timestamp: row[0], body: row[1] }
}

/** Whether a write may happen, given the live record (S10). */
export function conditionHolds(condition: Condition, current: StoredRecord | undefined): boolean {
  if (condition.kind === 'none') return true
  if (condition.kind === 'absent') return current === undefined
  if (condition.kind === 'present') return current !== undefined
  return current !== undefined && current.timestamp === condition.timestamp
}

/** What a write's timestamp depends on. */
export interface Assignment {
  readonly id: string
  readonly now: number
  /** The collection's, before the write. */
  readonly last: number | undefined
  readonly current: StoredRecord | undefined
  readonly chosen: number | undefined
}

/** The timestamp of a write by S2–S4, or undefined when another one of the collection has it (S5). */
export function assignTimestamp(connection: SqliteConnection, collection: Collection, assignment: Assignment): number | undefined {
  const { id, now, last, current, chosen } = assignment
  const next = last === undefined ? now : Math.max(now, last + 1)
  if (chosen === undefined || chosen === last || (current !== undefined && chosen <= current.timestamp)) return next
  if (last === undefined || chosen > last) return chosen
  const taken = 'select 1 from records where parent_id=? and resource=? and last_modified=? and id<>?'
  return connection.row(taken, [collection.parentId, collection.resource, chosen, id]) === undefined ? chosen : undefined
}

/** Writes the collection's row: its timestamp never decreases (S6), its count changes by `difference`. */
export function touchCollection(
  connection: SqliteConnection,
  { parentId, resource }: Collection,
  timestamp: number,
  difference: number,
): void {
  const update = 'update collections set last_modified=max(last_modified,?),live_count=live_count+? where parent_id=? and resource=?'
  if (connection.run(update, [timestamp, difference, parentId, resource]) > 0) return
  const insert = 'insert into collections(parent_id,resource,last_modified,live_count) values(?,?,?,?)'
  connection.run(insert, [parentId, resource, timestamp, difference])
}

/** The collection's timestamp; one that never had one gets `now` (S14). */
export function fixTimestamp(connection: SqliteConnection, collection: Collection, now: number): number {
  const timestamp = collectionTimestamp(connection, collection)
  if (timestamp !== undefined) return timestamp
  touchCollection(connection, collection, now, 0)
  return now
}
