import { randomUUID } from 'node:crypto'
import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { repliedList, repliedTexts } from '../../drivers/redis/reply.ts'
import type { Collection } from '../contract.ts'
import type { StorageItem } from '../dump.ts'
import { collectionKeys, collectionsKey } from './collections.ts'
import { copyListScript, copyScript, readCopyScript } from './scripts/moving.ts'
import { parsePairs, type StoredItem } from './stored.ts'

/** How many items are held. */
const PAGE = 256

/** How long copies live that nobody reads, ms: those of a dump whose process has crashed go away by themselves. */
const PATIENCE = 3_600_000

/**
 * Gives everything (S36). A collection is a snapshot (S37) because a longer one is copied inside Redis, in one step and for as long as it is read:
 * there must be room for the largest twice. `open` gives the database, or throws what the reader shall be told.
 */
export async function* dump(open: () => RedisDatabase): AsyncGenerator<StorageItem, void, undefined> {
  const copy = `${open().keysOf('list', 'collections')}copy:${randomUUID()}`
  await open().run(copyListScript, [collectionsKey(open()), copy], [PATIENCE])
  try {
    for (let last = '-'; ; ) {
      const page = repliedTexts(await open().call('zrangebylex', [copy, last, '+', 'LIMIT', 0, PAGE]))
      for (const member of page) yield* dumpCollection(open, parseMember(member))
      const [end] = page.slice(-1)
      if (end === undefined) return
      last = `(${end}`
      await open().call('pexpire', [copy, PATIENCE])
    }
  } finally {
    await discard(open, [copy])
  }
}

function parseMember(member: string): Collection {
  const [parentId, resource] = JSON.parse(member) as [string, string] // what `collectionFinding` wrote
  return { parentId, resource }
}

async function* dumpCollection(open: () => RedisDatabase, collection: Collection): AsyncGenerator<StorageItem, void, undefined> {
  const keys = collectionKeys(open(), collection)
  const name = randomUUID()
  const copies = keys.slice(0, 3).map((key) => `${key}:copy:${name}`)
  const [outcome, timestamp, first, second, ...rest] = repliedList(
    await open().run(copyScript, [...keys, ...copies], ['', '', PAGE, PATIENCE]),
  )
  // The set of all collections may name some that are gone.
  if (outcome === 'gone') return
  try {
    yield { kind: 'collection', ...collection, timestamp: Number(timestamp) }
    if (outcome === 'small') {
      const pairs = first === undefined || second === undefined ? [] : [first, second, ...rest]
      for (const item of parsePairs(pairs)) yield dumped(collection, item)
      return
    }
    const [records = '', live = '', dead = ''] = copies
    for (const [key, count] of [
      [live, Number(first)],
      [dead, Number(second)],
    ] as const) {
      for (let place = 0; place < count; place += PAGE) {
        const reply = await open().run(readCopyScript, [records, key], [place, place + PAGE - 1, PATIENCE])
        for (const item of parsePairs(repliedList(reply))) yield dumped(collection, item)
      }
    }
  } finally {
    if (outcome === 'copied') await discard(open, copies)
  }
}

function dumped(collection: Collection, { id, timestamp, body }: StoredItem): StorageItem {
  if (body === undefined) return { kind: 'tombstone', ...collection, id, timestamp }
  return { kind: 'record', ...collection, id, timestamp, body }
}

/** Where Redis is gone, or the storage closed, copies go away later. */
async function discard(open: () => RedisDatabase, copies: readonly string[]): Promise<void> {
  try {
    await open().call('unlink', copies)
  } catch {
    // What has failed before is what the reader is told.
  }
}
