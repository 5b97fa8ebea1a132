import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { forgotten } from '../../drivers/redis/finding.ts'
import { repliedTexts } from '../../drivers/redis/reply.ts'
import { defineScript } from '../../drivers/redis/script.ts'
import { stepsLua } from '../../drivers/redis/work.ts'
import { ancestorsOf, grantBase, parentsKey, urisKey } from './grant-keys.ts'

const runSteps = defineScript(stepsLua, 'return runSteps(cjson.decode(ARGV[1]), cjson.decode(ARGV[2]))')

/** Does steps (see `stepsLua`) under one parent, all at once. @returns the URIs that went because they lay below removed ones */
export async function runStepsOn(
  database: RedisDatabase,
  parentId: string,
  steps: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  return repliedTexts(await database.run(runSteps, [urisKey(database, parentId)], [steps, JSON.stringify(ids)]))
}

/**
 * Removes what lies below these URIs under other parents, after the URIs themselves and what lay below them under their own were removed
 * (`below`). On a cluster those may be on other servers. After a crash in between, grants of objects whose ancestor is gone are left; the next
 * removal of that ancestor takes them.
 */
export async function removeElsewhere(database: RedisDatabase, uris: readonly string[], below: readonly string[]): Promise<void> {
  const found = await Promise.all(uris.map((uri) => removeBelow(database, uri)))
  const roots = new Set(uris)
  const deserted = new Set<string>()
  for (const uri of [...below, ...found.flat()]) {
    const ancestors = ancestorsOf(uri)
    const top = ancestors.findLastIndex((ancestor) => roots.has(ancestor))
    for (const ancestor of ancestors.slice(0, top + 1)) deserted.add(ancestor)
  }
  await Promise.all([...deserted].map((uri) => forgetParents(database, uri)))
}

async function removeBelow(database: RedisDatabase, uri: string): Promise<readonly string[]> {
  const parents = repliedTexts(await database.call('smembers', [parentsKey(database, uri)]))
  if (parents.length === 0) return []
  const removed = await Promise.all(
    parents.map((parentId) => runStepsOn(database, parentId, JSON.stringify([['removeBelow', grantBase(database, parentId), [uri]]]), [])),
  )
  await forgetParents(database, uri)
  return removed.flat()
}

/** Takes the parents under which nothing lies below the URI any more out of the set that names them. */
async function forgetParents(database: RedisDatabase, uri: string): Promise<void> {
  const key = parentsKey(database, uri)
  const liesBelow = async (parentId: string): Promise<boolean> =>
    Number(await database.call('zlexcount', [urisKey(database, parentId), `[${uri}/`, `(${uri}0`])) > 0
  for (const parentId of repliedTexts(await database.call('smembers', [key]))) {
    if (!(await liesBelow(parentId))) await forgotten(database, { key, member: parentId }, () => liesBelow(parentId))
  }
}
