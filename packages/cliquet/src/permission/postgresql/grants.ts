import { indexKey } from '../../drivers/postgresql/index-key.ts'
import type { PostgresSession } from '../../drivers/postgresql/session.ts'
import { arrayLiteral, type SqlRow, type SqlStatement } from '../../drivers/postgresql/statement.ts'
import { isPostgresWork, type PostgresWork, type WorkCall } from '../../drivers/postgresql/work.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { Grant, ObjectRef, PermissionSession, PermissionSet } from '../contract.ts'
import { FOLDER } from './schema.ts'
import { removeCall, removeIdsCall, replaceCall, storedPrincipal } from './work.ts'

/** Where permissions are. */
export interface Place {
  /** Identifies the database. */
  readonly database: object
  /** The quoted name of the schema, with a dot. */
  readonly at: string
  /** @throws BackendError when the backend is closed */
  open(): PostgresSession
}

/** Permissions and principals in a database or in a transaction on one. */
export function createGrants({ database, at, open }: Place): PermissionSession {
  const change = async (text: string, values: readonly (string | null)[]): Promise<void> => {
    await open().query({ text, values })
  }
  const workOf = (call: WorkCall): PostgresWork => ({ database, calls: [call] })
  return {
    principalsOf: async (userId) => (await open().query(selectPrincipals(at, userId))).map(([principal]) => String(principal)),
    addUserPrincipal: (userId, principal) =>
      change(`insert into ${at}user_principals(user_id,principal,whole) values($1,$2,$3) on conflict do nothing`, [
        indexKey(userId),
        ...storedPrincipal(principal),
      ]),
    removeUserPrincipal: (userId, principal) =>
      change(`delete from ${at}user_principals where user_id=$1 and principal=$2`, [indexKey(userId), indexKey(principal)]),
    removePrincipal: (principal) => change(`delete from ${at}user_principals where principal=$1`, [indexKey(principal)]),
    isGranted: (grants, principals) => isGranted(open, at, grants, principals),
    permissionsOf: async (object) => permissionSet(await open().query(selectPermissions(at, object))),
    async accessible(parent, permissions, principals) {
      const rows = await open().query(selectAccessible(at, parent, permissions, principals))
      return rows.map(([uri]) => String(uri).slice(parent.uri.length + 1)).filter((id) => id !== '')
    },
    replace: async (object, permissions) => await run(open(), [replaceCall(at, object, permissions, {})]),
    remove: async (objects) => {
      const session = open()
      if (objects.length > 0) await run(session, [removeCall(at, objects, session.distributed)])
    },
    replaceWork: (object, permissions, add) => workOf(replaceCall(at, object, permissions, add)),
    removeWork: (parentId, prefix) => workOf(removeIdsCall(at, parentId, prefix, open().distributed)),
    async run(work, ids) {
      if (!isPostgresWork(work, database)) throw new BackendError("a PostgreSQL permission backend can't run work of another database")
      await run(open(), work.calls, ids)
    },
  }
}

/** Does the calls, all or none. */
async function run(session: PostgresSession, calls: readonly WorkCall[], ids: readonly string[] = []): Promise<void> {
  const [call, ...others] = calls.map((one) => statementOf(one, ids))
  if (call === undefined) return
  if (others.length === 0) await session.query(call)
  else
    await session.atomically(async (transaction) => {
      for (const statement of [call, ...others]) await transaction.query(statement)
    })
}

const statementOf = ({ function: name, argument }: WorkCall, ids: readonly string[]): SqlStatement => ({
  text: `select ${name}($1::jsonb,$2::text[])`,
  values: [JSON.stringify(argument), arrayLiteral(ids)],
})

const selectPrincipals = (at: string, userId: string): SqlStatement => ({
  name: 'permission principals',
  text: `select coalesce(whole,principal) from ${at}user_principals where user_id=$1`,
  values: [indexKey(userId)],
})

async function isGranted(
  open: () => PostgresSession,
  at: string,
  grants: readonly Grant[],
  principals: readonly string[],
): Promise<boolean> {
  const session = open()
  if (grants.length === 0 || principals.length === 0) return false
  const rows = await session.query(session.distributed ? selectCrosswise(at, grants, principals) : selectGranted(at, grants, principals))
  return rows.some(([parentId, uri, permission]) =>
    grants.some((grant) => grant.uri === uri && grant.permission === permission && grant.parentId === parentId),
  )
}

/** Looks each grant up for each principal. `offset 0` keeps the planner to that, however much or little it knows of the table. */
function selectGranted(at: string, grants: readonly Grant[], principals: readonly string[]): SqlStatement {
  const found = `select from ${at}permissions p where p.parent_id=g.parent_id and p.uri=g.uri and p.permission=g.permission and p.principal=who offset 0`
  return {
    name: 'permission granted',
    text:
      'select g.* from unnest($1::text[],$2::text[],$3::text[]) g(parent_id,uri,permission) cross join unnest($4::text[]) who ' +
      `cross join lateral (${found}) p limit 1`,
    values: [
      arrayLiteral(grants.map(({ parentId }) => parentId)),
      arrayLiteral(grants.map(({ uri }) => uri)),
      arrayLiteral(grants.map(({ permission }) => permission)),
      keysOf(principals),
    ],
  }
}

/** Asks for all parents, URIs and permissions crosswise: so only the nodes of those parents are asked. More may be found than was meant. */
function selectCrosswise(at: string, grants: readonly Grant[], principals: readonly string[]): SqlStatement {
  const all = (pick: (grant: Grant) => string): string => arrayLiteral([...new Set(grants.map(pick))])
  return {
    name: 'permission granted crosswise',
    text: `select parent_id,uri,permission from ${at}permissions where parent_id=any($1) and uri=any($2) and permission=any($3) and principal=any($4)`,
    values: [all(({ parentId }) => parentId), all(({ uri }) => uri), all(({ permission }) => permission), keysOf(principals)],
  }
}

const keysOf = (principals: readonly string[]): string => arrayLiteral([...new Set(principals.map(indexKey))])

const selectPermissions = (at: string, { parentId, uri }: ObjectRef): SqlStatement => ({
  name: 'permission of an object',
  text: `select permission,coalesce(whole,principal) from ${at}permissions where parent_id=$1 and uri=$2 order by 1,2`,
  values: [parentId, uri],
})

/** From each principal to its URIs: a parent may have many more children than the caller sees. `offset 0` keeps the planner to that. */
function selectAccessible(
  at: string,
  { parentId, uri }: ObjectRef,
  permissions: readonly string[],
  principals: readonly string[],
): SqlStatement {
  const found = `select uri from ${at}permissions where parent_id=$1 and ${FOLDER}=$2 and principal=who and permission=what offset 0`
  return {
    name: 'permission accessible',
    text: `select distinct p.uri from unnest($3::text[]) who cross join unnest($4::text[]) what cross join lateral (${found}) p`,
    values: [parentId, uri, keysOf(principals), arrayLiteral([...new Set(permissions)])],
  }
}

function permissionSet(rows: readonly SqlRow[]): PermissionSet {
  const permissions = new Map<string, string[]>()
  for (const [permission, principal] of rows) {
    const name = String(permission)
    const principals = permissions.get(name)
    if (principals === undefined) permissions.set(name, [String(principal)])
    else principals.push(String(principal))
  }
  return Object.fromEntries(permissions)
}
