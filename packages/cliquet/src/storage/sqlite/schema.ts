import type { TableSet } from '../../drivers/migrations.ts'

/**
 * The tables. `records` is a rowid table: lists are twice as fast as in one without. `records_ts` serves `_since` and holds S5,
 * `records_live` makes a page of live records independent of the number of tombstones. `collections` hands out timestamps and keeps counts.
 */
export const schema: TableSet = {
  name: 'storage',
  versions: [
    {
      title: 'tables of records and collections',
      sql: () => `create table records(
         parent_id text not null, resource text not null, id text not null, last_modified integer not null,
         data text not null, deleted integer not null default 0,
         primary key(parent_id, resource, id));
       create unique index records_ts on records(parent_id, resource, last_modified);
       create index records_live on records(parent_id, resource, last_modified) where deleted=0;
       create table collections(
         parent_id text not null, resource text not null, last_modified integer not null, live_count integer not null default 0,
         primary key(parent_id, resource)) without rowid;`,
    },
  ],
}
