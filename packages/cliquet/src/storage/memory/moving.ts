import { parseObject } from '../../primitives/json.ts'
import type { Collection } from '../contract.ts'
import { type CollectionItem, type LoadOutcome, planLoad, type StorageItem } from '../dump.ts'
import type { Item } from '../evaluation/item.ts'
import { recordItem, tombstoneItem } from '../evaluation/item.ts'
import type { CollectionState } from './collection-state.ts'
import type { Collections } from './collections.ts'

/** Gives everything (S36). The list of what there is is made at once, which makes it a snapshot (S37): references, no copies. */
export async function* dump(collections: Collections): AsyncGenerator<StorageItem, void, undefined> {
  const snapshot = collections.all().map(([collection, { timestamp, all }]) => ({
    ...collection,
    timestamp,
    items: [...all.upwards(Number.NEGATIVE_INFINITY)],
  }))
  for (const { parentId, resource, timestamp, items } of snapshot) {
    if (timestamp === undefined) continue
    yield { kind: 'collection', parentId, resource, timestamp }
    for (const item of items) yield dumped({ parentId, resource }, item)
  }
}

function dumped({ parentId, resource }: Collection, { id, timestamp, record }: Item): StorageItem {
  if (record === undefined) return { kind: 'tombstone', parentId, resource, id, timestamp }
  return { kind: 'record', parentId, resource, id, timestamp, body: record.body }
}

/** Takes in items, all or none (S38, S39). */
export function load(collections: Collections, list: readonly StorageItem[]): LoadOutcome {
  const { collections: stamps, items } = planLoad(list)
  const undo: (() => void)[] = []
  const aside = (item: CollectionItem): void => {
    const state = collections.of(item)
    const present = state.byId.get(item.id)
    if (present === undefined) return
    undo.push(() => state.restore(present))
    state.forget(present)
  }
  for (const { item } of items) aside(item)
  for (const { item, position } of items) {
    const state = collections.of(item)
    const field = conflictOf(state, item)
    if (field !== undefined) {
      for (const step of undo.reverse()) step()
      return { outcome: 'conflict', position, field }
    }
    const added = itemOf(item)
    undo.push(() => state.forget(added))
    state.restore(added)
  }
  for (const stamp of stamps) {
    const state = collections.of(stamp)
    state.timestamp = Math.max(state.timestamp ?? stamp.timestamp, stamp.timestamp)
  }
  return { outcome: 'loaded' }
}

const itemOf = (item: CollectionItem): Item =>
  item.kind === 'record' ? recordItem(item.id, item.timestamp, item.body) : tombstoneItem(item.id, item.timestamp)

/** The field that something else in the collection has the same of. */
function conflictOf(state: CollectionState, item: CollectionItem): string | undefined {
  if (state.all.at(item.timestamp) !== undefined) return 'last_modified'
  return item.kind === 'record' ? state.unique.conflict(item.id, parseObject(item.body))?.field : undefined
}
