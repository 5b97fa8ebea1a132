import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { repliedTexts } from '../../drivers/redis/reply.ts'
import { isRedisWork } from '../../drivers/redis/work.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { Grant, ObjectRef, PermissionSession, PermissionSet } from '../contract.ts'
import { grantText, indexKey, objectKey } from './grant-keys.ts'
import { givePrincipal, principalsOf, takeFromAll, takePrincipal } from './principals.ts'
import { removeIdsWork, removeObjects, replaceWork } from './work.ts'

/** Permissions and principals of a database. `open` gives it, or throws what calls shall fail with. */
export function createGrants(database: RedisDatabase, open: () => RedisDatabase): PermissionSession {
  return {
    principalsOf: async (userId) => principalsOf(open(), userId),
    addUserPrincipal: async (userId, principal) => givePrincipal(open(), userId, principal),
    removeUserPrincipal: async (userId, principal) => takePrincipal(open(), userId, principal),
    removePrincipal: async (principal) => takeFromAll(open(), principal),
    isGranted: async (grants, principals) => isGranted(open(), grants, principals),
    permissionsOf: async (object) => permissionsOf(open(), object),
    accessible: async (parent, permissions, principals) => accessible(open(), parent, permissions, principals),
    replace: async (object, change) => replaceWork(open(), object, change, {}).run([]),
    remove: async (objects) => removeObjects(open(), objects),
    replaceWork: (object, change, add) => replaceWork(database, object, change, add),
    removeWork: (parentId, prefix) => removeIdsWork(database, parentId, prefix),
    run: async (work, ids) => {
      const { place } = open()
      if (!isRedisWork(work, database)) throw new BackendError(`Redis ${place} can't run work of another database`)
      await work.run(ids)
    },
  }
}

/** Asks for all grants at once; each is one look into the set of its object. */
async function isGranted(database: RedisDatabase, grants: readonly Grant[], principals: readonly string[]): Promise<boolean> {
  if (principals.length === 0) return false
  const answers = await Promise.all(
    grants.map((grant) => {
      const texts = principals.map((principal) => grantText(grant.permission, principal))
      return database.call('smismember', [objectKey(database, grant), ...texts])
    }),
  )
  return answers.flat().includes(1)
}

async function permissionsOf(database: RedisDatabase, object: ObjectRef): Promise<PermissionSet> {
  const grants = repliedTexts(await database.call('smembers', [objectKey(database, object)])).map(
    (grant) => JSON.parse(grant) as [permission: string, principal: string], // what `grantText` made
  )
  const permissions = Map.groupBy(grants, ([permission]) => permission)
  return Object.fromEntries(
    [...permissions.keys()].sort().map((name) => [name, (permissions.get(name) ?? []).map(([, principal]) => principal).sort()]),
  )
}

async function accessible(
  database: RedisDatabase,
  parent: ObjectRef,
  permissions: readonly string[],
  principals: readonly string[],
): Promise<readonly string[]> {
  const grants = permissions.flatMap((permission) => principals.map((principal) => grantText(permission, principal)))
  if (grants.length === 0) return []
  const keys = grants.map((grant) => indexKey(database, parent, grant))
  return repliedTexts(await database.call('sunion', keys))
}
