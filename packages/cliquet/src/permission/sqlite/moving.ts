import type { SqliteDatabase } from '../../drivers/sqlite/database.ts'
import type { WorkStatement } from '../../drivers/sqlite/work.ts'
import { allPages, type DumpedPermission, type DumpedPrincipal, type PermissionItem } from '../dump.ts'

/** How many rows are held. */
const PAGE = 256

type PermissionRow = readonly [parentId: string, uri: string, permission: string, principal: string]
type PrincipalRow = readonly [userId: string, principal: string]

const PERMISSION_KEY = 'parent_id,uri,permission,principal'
const PRINCIPAL_KEY = 'user_id,principal'

/** Gives everything (P15, P16): one snapshot of the whole file. `open` gives the database, or throws what the reader shall be told. */
export async function* dump(open: () => SqliteDatabase): AsyncGenerator<PermissionItem, void, undefined> {
  const { rows, done } = await open().snapshot()
  try {
    yield* allPages(async (last: DumpedPermission | undefined) => {
      const after = last === undefined ? '' : `where (${PERMISSION_KEY})>(?,?,?,?)`
      const sql = `select ${PERMISSION_KEY} from permissions ${after} order by ${PERMISSION_KEY} limit ${PAGE}`
      return rows<PermissionRow>(sql, last && [last.parentId, last.uri, last.permission, last.principal]).map(permissionOf)
    })
    yield* allPages(async (last: DumpedPrincipal | undefined) => {
      const after = last === undefined ? '' : `where (${PRINCIPAL_KEY})>(?,?)`
      const sql = `select ${PRINCIPAL_KEY} from user_principals ${after} order by ${PRINCIPAL_KEY} limit ${PAGE}`
      return rows<PrincipalRow>(sql, last && [last.userId, last.principal]).map(principalOf)
    })
  } finally {
    done()
  }
}

const permissionOf = ([parentId, uri, permission, principal]: PermissionRow): DumpedPermission => ({
  kind: 'permission',
  parentId,
  uri,
  permission,
  principal,
})

const principalOf = ([userId, principal]: PrincipalRow): DumpedPrincipal => ({ kind: 'principal', userId, principal })

/** The statements that add the items (P17). */
export function loadStatements(items: readonly PermissionItem[]): WorkStatement[] {
  const permissions: PermissionRow[] = []
  const principals: PrincipalRow[] = []
  for (const item of items) {
    if (item.kind === 'principal') principals.push([item.userId, item.principal])
    else permissions.push([item.parentId, item.uri, item.permission, item.principal])
  }
  return [
    {
      sql: `insert or ignore into permissions(${PERMISSION_KEY}) select value->>0,value->>1,value->>2,value->>3 from json_each($rows)`,
      params: { rows: JSON.stringify(permissions) },
    },
    {
      sql: `insert or ignore into user_principals(${PRINCIPAL_KEY}) select value->>0,value->>1 from json_each($rows)`,
      params: { rows: JSON.stringify(principals) },
    },
  ]
}
