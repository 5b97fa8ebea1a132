/**
 * For storages that decide and search in JavaScript: collections in memory, what writes and queries do to them, and drafts, which make
 * transactions. `examples/own-backend` is made of it.
 */

export type { Change, Forgotten } from './changes.ts'
export type { CollectionState } from './collection-state.ts'
export type { Collections } from './collections.ts'
export { createCollections } from './collections.ts'
export type { Draft } from './draft.ts'
export { createDraft } from './draft.ts'
export type { Item } from './item.ts'
export { itemText } from './item.ts'
export { loadInto } from './loading.ts'
export type { Items, ItemsByTime, Selection, Taking } from './selection.ts'
export { countMatching, select } from './selection.ts'
export { fixedTimestamp } from './stamping.ts'
export type { UniqueValues } from './unique-values.ts'
export { putInto, removeAllFrom, removeFrom } from './writing.ts'
