import { parseObject } from '../../primitives/json.ts'
import type { Condition, Put, PutOutcome, Removal, RemovalOutcome, RemoveAllOutcome } from '../contract.ts'
import type { Query } from '../query.ts'
import type { StoredRecord } from '../record.ts'
import type { CollectionState } from './collection-state.ts'
import { recordItem, tombstoneItem, tombstoneOf } from './item.ts'
import { select } from './selection.ts'
import { fixedTimestamp, nextTimestamp, stamp } from './stamping.ts'
import { conflictOf } from './unique-values.ts'

/** Does what a `put` is to do (S2 to S5, S8, S10, S11), at the time `now`; work that is joined to it is the caller's. */
export function putInto(state: CollectionState, now: number, { id, body, condition, timestamp }: Put): PutOutcome {
  const previous = state.byId.get(id)?.record
  if (!holds(condition, previous)) return { outcome: 'refused', current: previous, timestamp: fixedTimestamp(state, now) }
  const conflict = conflictOf(state.unique, id, parseObject(body))
  const existing = conflict && state.byId.get(conflict.owner)?.record
  if (conflict && existing) return { outcome: 'duplicate', field: conflict.field, existing }
  const stamped = stamp(state, now, id, timestamp)
  if (stamped === 'taken') return { outcome: 'timestamp-taken' }
  const item = recordItem(id, stamped.timestamp, body)
  state.place(item)
  state.timestamp = stamped.collection
  return previous ? { outcome: 'replaced', record: item.record, previous } : { outcome: 'created', record: item.record }
}

/** Does what a `remove` is to do (S2 to S5, S7, S10). */
export function removeFrom(state: CollectionState, now: number, { id, condition, timestamp }: Removal): RemovalOutcome {
  const previous = state.byId.get(id)?.record
  if (!previous || !holds(condition, previous)) {
    return { outcome: 'refused', current: previous, timestamp: fixedTimestamp(state, now) }
  }
  const stamped = stamp(state, now, id, timestamp)
  if (stamped === 'taken') return { outcome: 'timestamp-taken' }
  const tombstone = tombstoneItem(id, stamped.timestamp)
  state.place(tombstone)
  state.timestamp = stamped.collection
  return { outcome: 'removed', tombstone: tombstoneOf(tombstone), previous }
}

/** Does what a `removeAll` is to do (S9, S10). */
export function removeAllFrom(state: CollectionState, now: number, query: Query, ifTimestamp: number | undefined): RemoveAllOutcome {
  const before = fixedTimestamp(state, now)
  if (ifTimestamp !== undefined && ifTimestamp !== before) return { outcome: 'refused', timestamp: before }
  const { items, next } = select(state, query, 'records')
  const removed = items.flatMap((item) => {
    const timestamp = nextTimestamp(state, now)
    const tombstone = tombstoneItem(item.id, timestamp)
    state.place(tombstone)
    state.timestamp = timestamp
    return item.record ? [{ tombstone: tombstoneOf(tombstone), previous: item.record }] : []
  })
  return { outcome: 'removed', removed, timestamp: fixedTimestamp(state, now), next }
}

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
