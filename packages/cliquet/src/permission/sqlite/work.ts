import type { WorkStatement } from '../../drivers/sqlite/work.ts'
import type { ObjectRef, PermissionChange } from '../contract.ts'

/** The statements that replace the permissions `change` names and then add those of `add` (P3, P12). */
export function replaceStatements({ parentId, uri }: ObjectRef, change: PermissionChange, add: PermissionChange): WorkStatement[] {
  const statements: WorkStatement[] = []
  const names = Object.keys(change)
  if (names.length > 0) {
    statements.push({
      sql: 'delete from permissions where parent_id=$parentId and uri=$uri and permission in (select value from json_each($names))',
      params: { parentId, uri, names: JSON.stringify(names) },
    })
  }
  const pairs = [...pairsOf(change), ...pairsOf(add)]
  if (pairs.length > 0) {
    statements.push({
      sql:
        'insert or ignore into permissions(parent_id,uri,permission,principal) ' +
        'select $parentId,$uri,value->>0,value->>1 from json_each($pairs)',
      params: { parentId, uri, pairs: JSON.stringify(pairs) },
    })
  }
  return statements
}

/** The statements that remove the permissions of an object and of all URIs below it, whatever their parent (P7). */
export function removeStatements({ parentId, uri }: ObjectRef): WorkStatement[] {
  return [
    { sql: 'delete from permissions where parent_id=$parentId and uri=$uri', params: { parentId, uri } },
    // '0' is the character after '/'
    { sql: "delete from permissions where uri>=$uri||'/' and uri<$uri||'0'", params: { uri } },
  ]
}

/** The same for every object that a write removes: `${prefix}${id}` for each of `$ids`. */
export function removeIdsStatements(parentId: string, prefix: string): WorkStatement[] {
  const below =
    "select p.rowid from json_each($ids) i cross join permissions p on p.uri>=$prefix||i.value||'/' and p.uri<$prefix||i.value||'0'"
  return [
    {
      sql: 'delete from permissions where parent_id=$parentId and uri in (select $prefix||value from json_each($ids))',
      params: { parentId, prefix },
      withIds: true,
    },
    { sql: `delete from permissions where rowid in (${below})`, params: { prefix }, withIds: true },
  ]
}

function pairsOf(change: PermissionChange): [permission: string, principal: string][] {
  return Object.entries(change).flatMap(([permission, principals]) =>
    principals.map((principal): [string, string] => [permission, principal]),
  )
}
