import type { Item } from '../evaluation/item.ts'
import { recordItem, tombstoneItem } from '../evaluation/item.ts'
import type { Timeline } from './timeline.ts'
import { createTimeline } from './timeline.ts'
import type { UniqueValues } from './unique-values.ts'
import { createUniqueValues } from './unique-values.ts'

/** What is kept of one collection. */
export interface CollectionState {
  /** The collection's timestamp; undefined while it never had one. */
  timestamp: number | undefined
  /** Records and tombstones by id. */
  readonly byId: ReadonlyMap<string, Item>
  /** Records. */
  readonly live: Timeline
  /** Records and tombstones. */
  readonly all: Timeline
  unique: UniqueValues
  /** Puts a record in the place of whatever had its id. */
  write(id: string, timestamp: number, body: string): Item & { readonly record: NonNullable<Item['record']> }
  /** Puts a tombstone in the place of a record. */
  bury(item: Item, timestamp: number): Item
  /** Puts an item in the place of whatever had its id. */
  restore(item: Item): void
  /** Takes a record or tombstone away, without a trace. */
  forget(item: Item): void
}

/** Makes the state of a collection that never had a timestamp. */
export function createCollectionState(uniqueFields: readonly string[]): CollectionState {
  const byId = new Map<string, Item>()
  const live = createTimeline()
  const all = createTimeline()

  function take(item: Item | undefined): void {
    if (!item) return
    byId.delete(item.id)
    all.take(item)
    if (!item.record) return
    live.take(item)
    state.unique.take(item)
  }

  function place(item: Item): void {
    byId.set(item.id, item)
    all.add(item)
  }

  function restore(item: Item): void {
    take(byId.get(item.id))
    place(item)
    if (!item.record) return
    live.add(item)
    state.unique.add(item)
  }

  const state: CollectionState = {
    timestamp: undefined,
    byId,
    live,
    all,
    unique: createUniqueValues(uniqueFields, []),
    write(id, timestamp, body) {
      const item = recordItem(id, timestamp, body)
      restore(item)
      return item
    },
    bury(item, timestamp) {
      const tombstone = tombstoneItem(item.id, timestamp)
      take(item)
      place(tombstone)
      return tombstone
    },
    restore,
    forget: take,
  }
  return state
}
