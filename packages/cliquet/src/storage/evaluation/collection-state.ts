import type { Item } from './item.ts'
import type { Items, ItemsByTime } from './selection.ts'
import type { Timeline } from './timeline.ts'
import { createTimeline } from './timeline.ts'
import type { UniqueIndex, UniqueValues } from './unique-values.ts'
import { createUniqueIndex } from './unique-values.ts'

/** A collection in memory, to be read and written. */
export interface CollectionState extends Items {
  /** The collection's timestamp; undefined while it never had one. */
  timestamp: number | undefined
  readonly all: ItemsByTime & { at(timestamp: number): Item | undefined }
  readonly unique: UniqueValues
  /** Puts a record or tombstone in the place of whatever had its id. Its timestamp and unique values must be free. */
  place(item: Item): void
  /** Takes a record or tombstone away, without a trace. */
  forget(id: string): void
}

/** What is kept of a collection. */
export interface KeptState extends CollectionState {
  readonly byId: ReadonlyMap<string, Item>
  readonly live: Timeline
  readonly all: Timeline
  unique: UniqueIndex
}

/** Makes the state of a collection that never had a timestamp. */
export function createCollectionState(uniqueFields: readonly string[]): KeptState {
  const byId = new Map<string, Item>()
  const live = createTimeline()
  const all = createTimeline()

  function forget(id: string): void {
    const item = byId.get(id)
    if (item === undefined) return
    byId.delete(id)
    all.take(item)
    if (!item.record) return
    live.take(item)
    state.unique.take(item)
  }

  function place(item: Item): void {
    forget(item.id)
    byId.set(item.id, item)
    all.add(item)
    if (!item.record) return
    live.add(item)
    state.unique.add(item)
  }

  const state: KeptState = { timestamp: undefined, byId, live, all, unique: createUniqueIndex(uniqueFields, []), place, forget }
  return state
}
