import type { Collection } from '../contract.ts'
import type { CollectionItem, StorageItem } from '../dump.ts'
import type { Item } from './item.ts'
import { recordItem, tombstoneItem } from './item.ts'

/** That what had the id is there no more; without id: that the collection has no timestamp. */
export interface Forgotten extends Collection {
  readonly kind: 'forgotten'
  readonly id?: string | undefined
}

/** A part of what a write does, as an item of a dump. */
export type Change = StorageItem | Forgotten

/** The item of a dump as it is in memory. */
export const fromDump = (item: CollectionItem): Item =>
  item.kind === 'record' ? recordItem(item.id, item.timestamp, item.body) : tombstoneItem(item.id, item.timestamp)

/** The item of a collection as it is in a dump. */
export function toDump({ parentId, resource }: Collection, { id, timestamp, record }: Item): CollectionItem {
  if (record === undefined) return { kind: 'tombstone', parentId, resource, id, timestamp }
  return { kind: 'record', parentId, resource, id, timestamp, body: record.body }
}
