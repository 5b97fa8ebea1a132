import type { PostgresDatabase } from '../../drivers/postgresql/database.ts'
import { indexKey } from '../../drivers/postgresql/index-key.ts'
import { arrayLiteral, type SqlRow } from '../../drivers/postgresql/statement.ts'
import { allPages, type PermissionItem } from '../dump.ts'
import { storedPrincipal } from './work.ts'

/** How many rows are held. */
const PAGE = 256

/** The columns of the keys of both tables. */
const PERMISSION_KEY = ['uri', 'parent_id', 'permission', 'principal'] as const
const PRINCIPAL_KEY = ['user_id', 'principal'] as const

/** Gives everything (P15, P16): one snapshot of the whole database. `open` gives it, or throws what the reader shall be told. */
export async function* dump(open: () => PostgresDatabase): AsyncGenerator<PermissionItem, void, undefined> {
  const database = open()
  const snapshot = await database.snapshot()
  const pages = (table: string, key: readonly string[]) => {
    const marks = key.map((_, place) => `$${place + 1}`)
    const select = `select ${key.join()},whole from ${database.at}${table}`
    return allPages((last: SqlRow | undefined) => {
      const after = last === undefined ? '' : ` where (${key.join()})>(${marks.join()})`
      return snapshot.query({ text: `${select}${after} order by ${key.join()} limit ${PAGE}`, values: last?.slice(0, key.length) ?? [] })
    })
  }
  try {
    for await (const [uri, parentId, permission, principal, whole] of pages('permissions', PERMISSION_KEY)) {
      yield {
        kind: 'permission',
        parentId: String(parentId),
        uri: String(uri),
        permission: String(permission),
        principal: String(whole ?? principal),
      }
    }
    for await (const [userId, principal, whole] of pages('user_principals', PRINCIPAL_KEY)) {
      yield { kind: 'principal', userId: String(userId), principal: String(whole ?? principal) }
    }
  } finally {
    await snapshot.rollback()
  }
}

/** Adds the items (P17), in the order of the keys, so that nobody waits for somebody who waits for him. */
export async function load(database: PostgresDatabase, at: string, items: readonly PermissionItem[]): Promise<void> {
  const permissions: (string | null)[][] = []
  const principals: (string | null)[][] = []
  for (const item of items) {
    if (item.kind === 'principal') principals.push([indexKey(item.userId), ...storedPrincipal(item.principal)])
    else permissions.push([item.uri, item.parentId, item.permission, ...storedPrincipal(item.principal)])
  }
  const insert = (table: string, key: readonly string[], rows: readonly (readonly (string | null)[])[]) => {
    const columns = [...key, 'whole']
    const arrays = columns.map((_, place) => `$${place + 1}::text[]`).join()
    const order = key.map((name) => `${name} collate "C"`).join()
    return {
      text:
        `insert into ${at}${table}(${columns.join()}) select * from unnest(${arrays}) n(${columns.join()}) order by ${order} ` +
        'on conflict do nothing',
      values: columns.map((_, place) => arrayLiteral(rows.map((row) => row[place] ?? null))),
    }
  }
  await database.atomically(async (session) => {
    if (permissions.length > 0) await session.query(insert('permissions', PERMISSION_KEY, permissions))
    if (principals.length > 0) await session.query(insert('user_principals', PRINCIPAL_KEY, principals))
  })
}
