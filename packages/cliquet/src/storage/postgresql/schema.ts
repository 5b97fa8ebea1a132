import type { PostgresSchema } from '../../drivers/postgresql/schema.ts'
import { itemOf, WRITE_RECORDS, writeRecords } from './write-function.ts'

/**
 * `records` keeps each record's fields twice: `data` for conditions, and in `item`, the text that clients see (`recordText`), of which the
 * database puts pages together without making a single one anew (until version 3 it was `body`, without id and timestamp). `records_ts` serves `_since` and holds S5, `records_live` makes a page of live
 * records independent of the number of tombstones. `collections` hands out timestamps and keeps counts.
 *
 * Without statistics the plans inside `write_records` look records up by timestamp, so that each write takes as long as the table is until the
 * first `analyze`. Those of a few rows, made and forgotten, are good ones for ever; the savepoint makes them those of a table that is yet to be
 * filled, not of an empty one.
 */
const tables = (at: string): string => `
create table ${at}records(
  parent_id text collate "C" not null, resource text collate "C" not null, id text collate "C" not null, last_modified bigint not null,
  data jsonb not null, body text not null, deleted boolean not null default false,
  primary key(parent_id, resource, id));
create unique index records_ts on ${at}records(parent_id, resource, last_modified);
create index records_live on ${at}records(parent_id, resource, last_modified) where not deleted;
create table ${at}collections(
  parent_id text collate "C" not null, resource text collate "C" not null, last_modified bigint not null, live_count bigint not null default 0,
  primary key(parent_id, resource)) with (fillfactor=50);
insert into ${at}records(parent_id, resource, id, last_modified, data, body)
  select 'parent'||(n % 50), 'resource', 'id'||n, n, '{}', '}' from generate_series(1, 5000) n;
insert into ${at}collections(parent_id, resource, last_modified) select 'parent'||n, 'resource', n from generate_series(1, 50) n;
analyze ${at}records;
analyze ${at}collections;
savepoint before_truncate;
truncate ${at}records, ${at}collections;
release savepoint before_truncate;`

/** A body began after its brace: `,"a":1}`, without fields `}`. */
const wholeItems = (at: string): string => `
alter table ${at}records rename column body to item;
update ${at}records set item=${itemOf('id', 'last_modified', "case when deleted then null when item='}' then '{}' else '{'||substr(item,2) end")};
drop function ${at}write_records;
${writeRecords(at)}`

/** The tables and functions of the storage. */
export const schema: PostgresSchema = {
  name: 'storage',
  versions: [
    { title: 'tables of records and collections', sql: tables },
    { title: 'function that writes records', sql: writeRecords },
    { title: 'records keep the whole text of an item', sql: wholeItems },
  ],
  distributions: [
    { table: 'records', column: 'parent_id' },
    { table: 'collections', column: 'parent_id', with: 'records' },
  ],
  functions: [{ signature: WRITE_RECORDS, delegated: { argument: 'p_parent', with: 'records' } }],
}
