import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { repliedTexts } from '../../drivers/redis/reply.ts'
import type { DumpedPermission, PermissionItem } from '../dump.ts'
import { permissionKeys } from './grant-keys.ts'
import { givePrincipal } from './principals.ts'
import { replaceWork } from './work.ts'

/**
 * Gives everything (P15). It goes through all keys of the server, page by page, which is no snapshot: what is changed meanwhile may be in it or
 * not, and what is in it may come twice.
 */
export async function* dump(open: () => RedisDatabase): AsyncGenerator<PermissionItem, void, undefined> {
  const { start } = open()
  const [objects = '', users = ''] = permissionKeys(open())
  for await (const keys of open().scan(objects.replace(/\*$/, 'o:*'))) {
    for (const key of keys) {
      const [, parent = '', uri = ''] = /^\{=([^}]*)\}:p:o:(.*)$/s.exec(key.slice(start.length)) ?? []
      for (const grant of repliedTexts(await open().call('smembers', [key]))) {
        const [permission, principal] = JSON.parse(grant) as [string, string] // what `grantText` made
        yield { kind: 'permission', parentId: decodeURIComponent(parent), uri, permission, principal }
      }
    }
  }
  for await (const keys of open().scan(users)) {
    for (const key of keys) {
      const [, user = ''] = /^\{@([^}]*)\}:/.exec(key.slice(start.length)) ?? []
      for (const principal of repliedTexts(await open().call('smembers', [key]))) {
        yield { kind: 'principal', userId: decodeURIComponent(user), principal }
      }
    }
  }
}

/** Adds the items (P17), those of an object in one step. */
export async function load(database: RedisDatabase, items: readonly PermissionItem[]): Promise<void> {
  const permissions = items.filter((item) => item.kind === 'permission')
  const byObject = Map.groupBy(permissions, ({ parentId, uri }) => JSON.stringify([parentId, uri]))
  await Promise.all([...byObject.values()].map((grants) => addGrants(database, grants)))
  await Promise.all(items.map((item) => item.kind === 'principal' && givePrincipal(database, item.userId, item.principal)))
}

async function addGrants(database: RedisDatabase, grants: readonly DumpedPermission[]): Promise<void> {
  const [object] = grants
  if (object === undefined) return
  const byPermission = Map.groupBy(grants, ({ permission }) => permission)
  const added = Object.fromEntries([...byPermission].map(([permission, those]) => [permission, those.map(({ principal }) => principal)]))
  await replaceWork(database, object, {}, added).run([])
}
