import type { PostgresSchema } from '../../drivers/postgresql/schema.ts'
import { REMOVE_PERMISSIONS, REPLACE_PERMISSIONS, removePermissions, replacePermissions } from './work-functions.ts'

/** The URI that an object's lies directly below, in SQL; the index `permissions_below` serves equality with it. */
export const FOLDER = "regexp_replace(uri,'/[^/]*$','')"

/**
 * `principal` is the index key of a principal, `whole` the principal itself where that is another text.
 *
 * All that lies below a URI, whatever its parent, is one range of the primary key; so it begins with the URI. `permissions_below` leads from
 * principals to what they may see directly below a URI, which can be few of very many.
 *
 * The rows, made and forgotten, leave statistics. Without any, and as long as the first plans are kept, a statement may read the whole table.
 * The savepoint makes them those of a table that is yet to be filled; else plans would be made for an empty one, and take no index.
 */
const tables = (at: string): string => `
create table ${at}permissions(
  parent_id text collate "C" not null, uri text collate "C" not null, permission text collate "C" not null, principal text collate "C" not null,
  whole text collate "C",
  primary key(uri, parent_id, permission, principal));
create index permissions_below on ${at}permissions(parent_id, (${FOLDER}), principal, permission);
create table ${at}user_principals(
  user_id text collate "C" not null, principal text collate "C" not null, whole text collate "C",
  primary key(user_id, principal));
create index user_principals_principal on ${at}user_principals(principal);
insert into ${at}permissions(parent_id, uri, permission, principal)
  select 'parent'||(n % 50), '/folder'||(n % 20)||'/'||n, 'permission'||(n % 3), 'principal'||(n % 500) from generate_series(1, 5000) n;
insert into ${at}user_principals(user_id, principal) select 'user'||(n % 500), 'principal'||n from generate_series(1, 5000) n;
analyze ${at}permissions;
analyze ${at}user_principals;
savepoint before_truncate;
truncate ${at}permissions, ${at}user_principals;
release savepoint before_truncate;`

/** The tables and functions of the permission backend. */
export const schema: PostgresSchema = {
  name: 'permission',
  versions: [
    { title: 'tables of permissions and principals', sql: tables },
    { title: 'functions that change permissions', sql: (at) => replacePermissions(at) + removePermissions(at) },
  ],
  distributions: [
    { table: 'permissions', column: 'parent_id', with: 'records' },
    { table: 'user_principals', column: 'user_id' },
  ],
  functions: [{ signature: REPLACE_PERMISSIONS }, { signature: REMOVE_PERMISSIONS }],
}
