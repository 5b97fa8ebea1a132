import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { repliedList } from '../../drivers/redis/reply.ts'
import { BackendError } from '../../errors/backend-error.ts'
import { parseObject } from '../../primitives/json.ts'
import { type DumpedCollection, type LoadOutcome, type PlacedItem, planLoad, type StorageItem } from '../dump.ts'
import { collectionKeys, runOn } from './collections.ts'
import { loadScript } from './scripts/moving.ts'
import type { Store } from './store.ts'
import { fieldsText, uniqueValues } from './unique-fields.ts'

/** What is to be loaded into one collection. */
interface Share {
  readonly collection: DumpedCollection
  readonly items: readonly PlacedItem[]
}

/** How often loading is tried while others change the unique fields of a resource. */
const attempts = 10

/**
 * Takes in items (S38, S39): one script for each collection. All are looked at before the first is written to; when Redis is lost in between, or
 * somebody else writes just then what is in the way, some collections have their items and others don't.
 */
export async function load(store: Store, list: readonly StorageItem[]): Promise<LoadOutcome> {
  const shares = sharesOf(list)
  for (const mode of ['check', 'write'] as const) {
    for (const share of shares) {
      const outcome = await loadShare(store, share, mode)
      if (outcome.outcome === 'conflict') return outcome
    }
  }
  return { outcome: 'loaded' }
}

const keyOf = ({ parentId, resource }: { readonly parentId: string; readonly resource: string }): string =>
  JSON.stringify([parentId, resource])

function sharesOf(list: readonly StorageItem[]): readonly Share[] {
  const { collections, items } = planLoad(list)
  const byCollection = Map.groupBy(items, ({ item }) => keyOf(item))
  return collections.map((collection) => ({ collection, items: byCollection.get(keyOf(collection)) ?? [] }))
}

async function loadShare(store: Store, { collection, items }: Share, mode: 'check' | 'write'): Promise<LoadOutcome> {
  const { database, clock, uniqueFields } = store
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const names = uniqueFields.of(collection.resource)
    const unique = items.map(({ item }) => (item.kind === 'record' ? uniqueValues(names, parseObject(item.body)) : []))
    const texts = items.map(({ item }, index) => [
      item.id,
      item.timestamp,
      item.kind === 'record' ? item.body : null,
      (unique[index] ?? []).map(({ text }) => text),
    ])
    const args = [mode, fieldsText(names), collection.timestamp, JSON.stringify(texts)]
    const [outcome, place, number] =
      mode === 'check' ? await look(database, collection, args) : await runOn(database, collection, clock, loadScript, args)
    if (outcome === 'loaded') return { outcome }
    if (outcome === 'conflict') {
      const field = unique[Number(place) - 1]?.[Number(number) - 1]?.field ?? 'last_modified'
      return { outcome, position: items[Number(place) - 1]?.position ?? 0, field }
    }
    await uniqueFields.agree(collection)
  }
  throw new BackendError(`Redis ${database.place}: the unique fields of ${collection.resource} change all the time`)
}

/** A look makes no collection, so none needs to be entered into the set of all. */
const look = async (database: RedisDatabase, collection: DumpedCollection, args: readonly (string | number)[]) =>
  repliedList(await database.run(loadScript, collectionKeys(database, collection), ['', '1', ...args]))
