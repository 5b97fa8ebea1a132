import { encoded, type RedisDatabase } from '../../drivers/redis/database.ts'
import { type Finding, findable } from '../../drivers/redis/finding.ts'
import { repliedList } from '../../drivers/redis/reply.ts'
import type { RedisScript } from '../../drivers/redis/script.ts'
import { type Clock, systemClock } from '../../primitives/clock.ts'
import type { Collection, Purge } from '../contract.ts'

/** The keys of a collection, in the order of `collectionLua`. */
export function collectionKeys(database: RedisDatabase, { parentId, resource }: Collection): readonly string[] {
  const base = `${database.keysOf('parent', parentId)}s:${encoded(resource)}:`
  return ['records', 'live', 'dead', 'state', 'unique', 'owned'].map((name) => base + name)
}

/** The hash that holds the records of a collection, tombstones included. */
export const recordsKey = (database: RedisDatabase, collection: Collection): string => collectionKeys(database, collection)[0] ?? ''

/** The set of all collections: what purging and preparing go through. */
export const collectionsKey = (database: RedisDatabase): string => `${database.keysOf('list', 'collections')}all`

/** Where a collection must be found. */
export const collectionFinding = (database: RedisDatabase, { parentId, resource }: Collection): Finding => ({
  key: collectionsKey(database),
  member: JSON.stringify([parentId, resource]),
})

/** Runs a script of a collection, after entering it into the set of all when it is new. @returns the script's reply, a flat list */
export async function runOn(
  database: RedisDatabase,
  collection: Collection,
  clock: Clock,
  script: RedisScript,
  args: readonly (string | number)[],
): Promise<readonly (string | null)[]> {
  const keys = collectionKeys(database, collection)
  // The clock of Redis is that of all processes; only another one than the machine's takes its place.
  const now = clock === systemClock ? '' : clock()
  const reply = repliedList(await database.run(script, keys, [now, '', ...args]))
  if (reply[0] !== 'unknown') return reply
  return await findable(database, [collectionFinding(database, collection)], async () =>
    repliedList(await database.run(script, keys, [now, '1', ...args])),
  )
}

/** All collections, or those of a parent or resource, in portions. Costs as much as there are collections. */
export async function* allCollections(
  database: RedisDatabase,
  { parentId, resource }: Pick<Purge, 'parentId' | 'resource'> = {},
): AsyncIterable<readonly Collection[]> {
  let cursor = '0'
  do {
    const reply = await database.call('sscan', [collectionsKey(database), cursor, 'COUNT', 500])
    const [next, members] = reply as [string, string[]] // what SSCAN answers
    const collections = members.map((member): Collection => {
      const [parent, name] = JSON.parse(member) as [string, string] // what `collectionFinding` wrote
      return { parentId: parent, resource: name }
    })
    yield collections.filter(
      (collection) =>
        (parentId === undefined || collection.parentId === parentId) && (resource === undefined || collection.resource === resource),
    )
    cursor = next
  } while (cursor !== '0')
}
