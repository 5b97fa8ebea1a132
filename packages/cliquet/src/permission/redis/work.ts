import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { findable } from '../../drivers/redis/finding.ts'
import type { RedisWork } from '../../drivers/redis/work.ts'
import type { ObjectRef, PermissionChange } from '../contract.ts'
import { findingsOf, grantBase, grantStart, grantText } from './grant-keys.ts'
import { removeElsewhere, runStepsOn } from './removal.ts'

/** The work that replaces the permissions `change` names and then adds those of `add` (P3, P12). */
export function replaceWork(database: RedisDatabase, object: ObjectRef, change: PermissionChange, add: PermissionChange): RedisWork {
  const { parentId, uri } = object
  const changes = Object.entries(change).map(([name, principals]) => [grantStart(name), grantsOf(name, principals)])
  const added = Object.entries(add).flatMap(([name, principals]) => grantsOf(name, principals))
  const steps = JSON.stringify([['replace', grantBase(database, parentId), uri, changes, added]])
  const grantsSome = [change, add].some((names) => Object.values(names).some((principals) => principals.length > 0))
  const findings = grantsSome ? findingsOf(database, object) : []
  const run = async (): Promise<void> => {
    await findable(database, findings, () => runStepsOn(database, parentId, steps, []))
  }
  return { database, parentId, steps, findings, finish: async () => {}, run }
}

const grantsOf = (permission: string, principals: readonly string[]): readonly string[] =>
  principals.map((principal) => grantText(permission, principal))

/** The work that removes the permissions of `${prefix}${id}` for each id of a removal, and of all below (P7). */
export function removeIdsWork(database: RedisDatabase, parentId: string, prefix: string): RedisWork {
  const steps = JSON.stringify([['removeIds', grantBase(database, parentId), prefix]])
  const finish: RedisWork['finish'] = (ids, below) =>
    removeElsewhere(
      database,
      ids.map((id) => `${prefix}${id}`),
      below,
    )
  const run: RedisWork['run'] = async (ids) => {
    if (ids.length > 0) await finish(ids, await runStepsOn(database, parentId, steps, ids))
  }
  return { database, parentId, steps, findings: [], finish, run }
}

/** Removes the permissions of objects, under each parent at once, and of all below them (P7). */
export async function removeObjects(database: RedisDatabase, objects: readonly ObjectRef[]): Promise<void> {
  for (const [parentId, refs] of Map.groupBy(objects, (object) => object.parentId)) {
    const uris = refs.map(({ uri }) => uri)
    const below = await runStepsOn(database, parentId, JSON.stringify([['remove', grantBase(database, parentId), uris]]), [])
    await removeElsewhere(database, uris, below)
  }
}
