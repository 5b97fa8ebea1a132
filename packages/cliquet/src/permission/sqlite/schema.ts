import type { TableSet } from '../../drivers/migrations.ts'

/** The tables. `permissions_uri` serves removal of all below a URI, `permissions_principal` what a principal may see below one. */
export const schema: TableSet = {
  name: 'permission',
  versions: [
    {
      title: 'tables of permissions and principals',
      sql: () => `create table permissions(
         parent_id text not null, uri text not null, permission text not null, principal text not null,
         primary key(parent_id, uri, permission, principal));
       create index permissions_uri on permissions(uri);
       create index permissions_principal on permissions(parent_id, principal, permission, uri);
       create table user_principals(
         user_id text not null, principal text not null,
         primary key(user_id, principal)) without rowid;
       create index user_principals_principal on user_principals(principal);`,
    },
  ],
}
