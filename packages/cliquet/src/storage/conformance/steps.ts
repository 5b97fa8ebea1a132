import assert from 'node:assert/strict'
import type { Json, JsonObject } from '../../primitives/json.ts'
import { storedText } from '../../primitives/json.ts'
import type { Collection, Page, Put, PutOutcome, Removal, RemovalOutcome, Storage, StorageSession } from '../contract.ts'
import type { Filter, Operator, Query, Sort } from '../query.ts'
import type { StoredRecord, Tombstone } from '../record.ts'

/** The collection that most tests use. */
export const articles: Collection = { parentId: 'alice', resource: 'article' }

/** A collection with unique fields `url` and `short-name`. */
export const bookmarks: Collection = { parentId: 'alice', resource: 'bookmark' }

/** The default order (R8.2). */
export const newestFirst: readonly Sort[] = [{ field: 'last_modified', direction: 'descending' }]

/** The order of timestamps. */
export const oldestFirst: readonly Sort[] = [{ field: 'last_modified', direction: 'ascending' }]

/** A query for everything in the default order, with changes. */
export const query = (changes: Partial<Query> = {}): Query => ({ filters: [], sort: newestFirst, limit: 10_000, ...changes })

/** A filter. */
export const filter = (field: string, operator: Operator, value: Json): Filter => ({ field, operator, value })

/** Filters that let tombstones take part and exclude nothing (R7.13). */
export const tombstonesToo: readonly Filter[] = [filter('last_modified', 'min', 0)]

/** Puts fields, without a condition unless one is given. */
export function put(
  storage: StorageSession,
  collection: Collection,
  id: string,
  fields: JsonObject,
  changes: Partial<Put> = {},
): Promise<PutOutcome> {
  return storage.put(collection, { id, body: storedText(fields), condition: { kind: 'none' }, ...changes })
}

/** Puts and expects that it was written. */
export async function written(
  storage: StorageSession,
  collection: Collection,
  id: string,
  fields: JsonObject = {},
  changes: Partial<Put> = {},
): Promise<StoredRecord> {
  const outcome = await put(storage, collection, id, fields, changes)
  if (outcome.outcome === 'created' || outcome.outcome === 'replaced') return outcome.record
  return assert.fail(`put of ${id} should have been written, was ${outcome.outcome}`)
}

/** Removes, without a condition unless one is given. */
export function remove(
  storage: StorageSession,
  collection: Collection,
  id: string,
  changes: Partial<Removal> = {},
): Promise<RemovalOutcome> {
  return storage.remove(collection, { id, condition: { kind: 'none' }, ...changes })
}

/** Removes and expects that it was done. */
export async function removed(
  storage: StorageSession,
  collection: Collection,
  id: string,
  changes: Partial<Removal> = {},
): Promise<Tombstone> {
  const outcome = await remove(storage, collection, id, changes)
  if (outcome.outcome === 'removed') return outcome.tombstone
  return assert.fail(`${id} should have been removed, was ${outcome.outcome}`)
}

/** Works in a transaction and commits it, or rolls it back when something throws. */
export async function transacted<T>(storage: Storage, work: (session: StorageSession) => Promise<T>): Promise<T> {
  const transaction = await storage.begin()
  try {
    const result = await work(storage.within(transaction))
    await transaction.commit()
    return result
  } finally {
    await transaction.rollback()
  }
}

/** The items of a page. */
export function itemsOf(page: Page): readonly JsonObject[] {
  const items = JSON.parse(page.json) as JsonObject[] // text of an array of objects, by the contract of Page
  assert.equal(items.length, page.length, 'the length of a page is the number of its items')
  return items
}

/** The ids of what a query lists, in its order. */
export async function idsOf(storage: StorageSession, collection: Collection, changes: Partial<Query> = {}): Promise<readonly string[]> {
  return itemsOf(await storage.list(collection, query(changes))).map((item) => String(item.id))
}

/** How many of the outcomes are of each kind. */
export function tally(outcomes: readonly { readonly outcome: string }[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { outcome } of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

/** The numbers 0 to n − 1. */
export const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
