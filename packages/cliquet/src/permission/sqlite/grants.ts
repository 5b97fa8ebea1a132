import type { SqliteSession } from '../../drivers/sqlite/session.ts'
import { isSqliteWork, type SqliteWork, statementsFor, type WorkStatement } from '../../drivers/sqlite/work.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { Grant, ObjectRef, PermissionSession, PermissionSet } from '../contract.ts'
import { removeIdsStatements, removeStatements, replaceStatements } from './work.ts'

const GRANTED =
  'select 1 from permissions where parent_id=? and uri=? and permission=? and principal in (select value from json_each(?)) limit 1'

/** From the principals to their URIs: a parent may have many more children than the caller sees. */
const ACCESSIBLE =
  'select distinct p.uri from json_each(?) who cross join json_each(?) what cross join permissions p indexed by permissions_principal ' +
  "on p.parent_id=? and p.principal=who.value and p.permission=what.value and p.uri>?||'/' and p.uri<?||'0'"

const ADD_PRINCIPAL = 'insert or ignore into user_principals(user_id,principal) values($userId,$principal)'
const REMOVE_USER_PRINCIPAL = 'delete from user_principals where user_id=$userId and principal=$principal'
const REMOVE_PRINCIPAL = 'delete from user_principals where principal=$principal'

/** Permissions and principals in a database or in a transaction on one. `open` gives it, or throws what calls shall fail with. */
export function createGrants({ database, path }: SqliteSession, open: () => SqliteSession): PermissionSession {
  const workOf = (statements: readonly WorkStatement[]): SqliteWork => ({ database, statements })
  return {
    principalsOf: (userId) => principalsOf(open, userId),
    addUserPrincipal: (userId, principal) => runIn(open, [{ sql: ADD_PRINCIPAL, params: { userId, principal } }]),
    removeUserPrincipal: (userId, principal) => runIn(open, [{ sql: REMOVE_USER_PRINCIPAL, params: { userId, principal } }]),
    removePrincipal: (principal) => runIn(open, [{ sql: REMOVE_PRINCIPAL, params: { principal } }]),
    isGranted: (grants, principals) => isGranted(open, grants, principals),
    permissionsOf: (object) => permissionsOf(open, object),
    accessible: async ({ parentId, uri }, permissions, principals) => {
      const params = [JSON.stringify(principals), JSON.stringify(permissions), parentId, uri, uri]
      const rows = await open().read((connection) => connection.rows<[string]>(ACCESSIBLE, params))
      return rows.map(([child]) => child.slice(uri.length + 1)).filter((id) => id !== '' && !id.includes('/'))
    },
    replace: (object, change) => runIn(open, replaceStatements(object, change, {})),
    remove: (objects) => runIn(open, objects.flatMap(removeStatements)),
    replaceWork: (object, change, add) => workOf(replaceStatements(object, change, add)),
    removeWork: (parentId, prefix) => workOf(removeIdsStatements(parentId, prefix)),
    run: async (work, ids) => {
      if (!isSqliteWork(work, database)) throw new BackendError(`${path} can't run work of another database`)
      await runIn(open, work.statements, ids)
    },
  }
}

/** Runs the statements, all or none. */
export async function runIn(open: () => SqliteSession, statements: readonly WorkStatement[], ids: readonly string[] = []): Promise<void> {
  const session = open()
  if (statements.length > 0) await session.run(statementsFor(statements, ids))
}

async function principalsOf(open: () => SqliteSession, userId: string): Promise<readonly string[]> {
  const rows = await open().read((connection) =>
    connection.rows<[string]>('select principal from user_principals where user_id=?', [userId]),
  )
  return rows.map(([principal]) => principal)
}

async function isGranted(open: () => SqliteSession, grants: readonly Grant[], principals: readonly string[]): Promise<boolean> {
  const listed = JSON.stringify(principals)
  return await open().read((connection) =>
    grants.some(({ parentId, uri, permission }) => connection.row(GRANTED, [parentId, uri, permission, listed]) !== undefined),
  )
}

async function permissionsOf(open: () => SqliteSession, { parentId, uri }: ObjectRef): Promise<PermissionSet> {
  const sql = 'select permission,principal from permissions where parent_id=? and uri=? order by permission,principal'
  const rows = await open().read((connection) => connection.rows<[string, string]>(sql, [parentId, uri]))
  const permissions = new Map<string, string[]>()
  for (const [permission, principal] of rows) {
    const principals = permissions.get(permission)
    if (principals === undefined) permissions.set(permission, [principal])
    else principals.push(principal)
  }
  return Object.fromEntries(permissions)
}
