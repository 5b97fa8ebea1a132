import type { EventTombstone } from '../events/contract.ts'
import type { StoredRecord, Tombstone } from '../storage/record.ts'
import { type Scope, toLiveRecord } from './model.ts'

/** What a write has done. `existing`: nothing, the record was there (R5.16). */
export interface Written {
  readonly kind: 'created' | 'replaced' | 'existing'
  readonly record: StoredRecord
  readonly previous?: StoredRecord | undefined
}

/** A removed record and what remains of it. */
export interface Removed {
  readonly tombstone: Tombstone
  readonly previous: StoredRecord
}

/** Tells the observer of a scope of a write. @returns what was written */
export function observeWritten({ observe }: Scope, written: Written): Written {
  if (observe === undefined) return written
  const { kind, record, previous } = written
  if (kind === 'created') observe('create', record.timestamp, () => [{ new: toLiveRecord(record) }])
  else if (kind === 'existing') observe('read', record.timestamp, () => [toLiveRecord(record)])
  else if (previous !== undefined) observe('update', record.timestamp, () => [{ new: toLiveRecord(record), old: toLiveRecord(previous) }])
  return written
}

/** Tells it of records that were removed, if there are any. `timestamp`: of the last of them. */
export function observeRemoved({ observe }: Scope, removed: readonly Removed[], timestamp: number): void {
  if (observe === undefined || removed.length === 0) return
  observe('delete', timestamp, () =>
    removed.map(({ tombstone, previous }) => ({ new: toTombstone(tombstone), old: toLiveRecord(previous) })),
  )
}

const toTombstone = ({ id, timestamp }: Tombstone): EventTombstone => ({ id, last_modified: timestamp, deleted: true })
