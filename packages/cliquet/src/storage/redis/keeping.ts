import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { forgotten } from '../../drivers/redis/finding.ts'
import { repliedTexts } from '../../drivers/redis/reply.ts'
import type { Collection, Purge } from '../contract.ts'
import { allCollections, collectionFinding, collectionKeys } from './collections.ts'
import { forgetScript, purgeScript } from './scripts/keeping.ts'

/** How many tombstones one script removes: a few milliseconds' worth, in which nobody else is served. */
const PORTION = 5000

/** Purges tombstones, collection by collection. @returns how many */
export async function purgeTombstones(database: RedisDatabase, purge: Purge): Promise<number> {
  let purged = 0
  for await (const collections of allCollections(database, purge)) {
    for (const collection of collections) purged += await purgeCollection(database, collection, purge)
  }
  return purged
}

async function purgeCollection(database: RedisDatabase, collection: Collection, { parentId, before, keep }: Purge): Promise<number> {
  const whole = parentId !== undefined && before === undefined && keep === undefined
  const end = before === undefined ? '+inf' : `(${before}`
  const keys = collectionKeys(database, collection)
  let purged = 0
  for (;;) {
    const reply = await database.run(purgeScript, keys, ['', '', end, keep ?? 0, PORTION, whole ? 'whole' : ''])
    const [count, state] = repliedTexts(reply)
    purged += Number(count)
    if (state === 'gone') await leaveList(database, collection)
    if (Number(count) < PORTION) return purged
  }
}

/** Removes all collections. */
export async function flushCollections(database: RedisDatabase): Promise<void> {
  for await (const collections of allCollections(database)) {
    for (const collection of collections) {
      await database.run(forgetScript, collectionKeys(database, collection), [])
      await leaveList(database, collection)
    }
  }
}

/** The list of all collections forgets one that is gone, unless somebody has just made it again. */
async function leaveList(database: RedisDatabase, collection: Collection): Promise<void> {
  const keys = collectionKeys(database, collection)
  await forgotten(database, collectionFinding(database, collection), async () => Number(await database.call('exists', keys)) > 0)
}
