/** A collection in a dump. */
export interface DumpedCollection {
  readonly kind: 'collection'
  readonly parentId: string
  readonly resource: string
  /** The collection's, ms. */
  readonly timestamp: number
}

/** A live record in a dump. */
export interface DumpedRecord {
  readonly kind: 'record'
  readonly parentId: string
  readonly resource: string
  readonly id: string
  /** Its own, ms. */
  readonly timestamp: number
  /** JSON text of its fields, as in `Put`. */
  readonly body: string
}

/** What remains of a removed record in a dump. */
export interface DumpedTombstone {
  readonly kind: 'tombstone'
  readonly parentId: string
  readonly resource: string
  readonly id: string
  /** When it was removed, ms. */
  readonly timestamp: number
}

/** One of the things that a storage holds, as `dump` gives and `load` takes it. */
export type StorageItem = DumpedCollection | DumpedRecord | DumpedTombstone

/** What lies in a collection. */
export type CollectionItem = DumpedRecord | DumpedTombstone

/**
 * What became of loading. `conflict`: the item at that place of the list has the timestamp (`last_modified`), or the value of a unique field, of
 * another one of its collection that stays.
 */
export type LoadOutcome =
  | { readonly outcome: 'loaded' }
  | { readonly outcome: 'conflict'; readonly position: number; readonly field: string }

/** A snapshot of a database, read page by page in one order of parents, resources and ids: an empty page is the end. */
export interface DumpSource {
  collectionsAfter(last: DumpedCollection | undefined): Promise<readonly DumpedCollection[]>
  itemsAfter(last: CollectionItem | undefined): Promise<readonly CollectionItem[]>
}

/** Puts the dump of a snapshot together: each collection, and then what is in it. Holds one page of each. */
export async function* dumpOf(source: DumpSource): AsyncGenerator<StorageItem, void, undefined> {
  const items = flattened((last: CollectionItem | undefined) => source.itemsAfter(last))
  let next = await items.next()
  for await (const collection of flattened((last: DumpedCollection | undefined) => source.collectionsAfter(last))) {
    yield collection
    while (next.done !== true && next.value.parentId === collection.parentId && next.value.resource === collection.resource) {
      yield next.value
      next = await items.next()
    }
  }
}

async function* flattened<Item>(pageAfter: (last: Item | undefined) => Promise<readonly Item[]>): AsyncGenerator<Item, void, undefined> {
  let last: Item | undefined
  for (;;) {
    const page = await pageAfter(last)
    if (page.length === 0) return
    yield* page
    last = page.at(-1)
  }
}

/** An item to load, and where in the list it is. */
export interface PlacedItem {
  readonly item: CollectionItem
  readonly position: number
}

/** What is to be loaded: the timestamp of each collection concerned, and of each record or tombstone the last item. Both in the order of the list. */
export interface LoadPlan {
  /** Items in it count too: a collection's timestamp is not below theirs. */
  readonly collections: readonly DumpedCollection[]
  readonly items: readonly PlacedItem[]
}

/** Sorts out what a list of items comes to. */
export function planLoad(list: readonly StorageItem[]): LoadPlan {
  const collections = new Map<string, DumpedCollection>()
  const items = new Map<string, PlacedItem>()
  for (const [position, item] of list.entries()) {
    const { parentId, resource, timestamp } = item
    const key = JSON.stringify([parentId, resource])
    const known = collections.get(key)
    if (known === undefined || known.timestamp < timestamp) collections.set(key, { kind: 'collection', parentId, resource, timestamp })
    if (item.kind !== 'collection') items.set(JSON.stringify([parentId, resource, item.id]), { item, position })
  }
  return { collections: [...collections.values()], items: [...items.values()] }
}
