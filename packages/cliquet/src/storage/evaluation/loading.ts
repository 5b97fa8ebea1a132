import { parseObject } from '../../primitives/json.ts'
import type { Collection } from '../contract.ts'
import { type CollectionItem, type LoadOutcome, planLoad, type StorageItem } from '../dump.ts'
import { fromDump } from './changes.ts'
import type { CollectionState } from './collection-state.ts'
import { conflictOf } from './unique-values.ts'

/** Takes in items of a dump, all or none (S38, S39). `of` gives the state of a collection. */
export function loadInto(of: (collection: Collection) => CollectionState, list: readonly StorageItem[]): LoadOutcome {
  const { collections: stamps, items } = planLoad(list)
  const undo: (() => void)[] = []
  for (const { item } of items) {
    const state = of(item)
    const present = state.byId.get(item.id)
    if (present === undefined) continue
    undo.push(() => state.place(present))
    state.forget(item.id)
  }
  for (const { item, position } of items) {
    const state = of(item)
    const field = conflictIn(state, item)
    if (field !== undefined) {
      for (const step of undo.reverse()) step()
      return { outcome: 'conflict', position, field }
    }
    undo.push(() => state.forget(item.id))
    state.place(fromDump(item))
  }
  for (const stamp of stamps) {
    const state = of(stamp)
    state.timestamp = Math.max(state.timestamp ?? stamp.timestamp, stamp.timestamp)
  }
  return { outcome: 'loaded' }
}

/** The field that something else in the collection has the same of. */
function conflictIn(state: CollectionState, item: CollectionItem): string | undefined {
  if (state.all.at(item.timestamp) !== undefined) return 'last_modified'
  return item.kind === 'record' ? conflictOf(state.unique, item.id, parseObject(item.body))?.field : undefined
}
