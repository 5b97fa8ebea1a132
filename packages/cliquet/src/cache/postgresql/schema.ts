import type { PostgresSchema } from '../../drivers/postgresql/schema.ts'

/**
 * JSON text per prefix and index key, until `expires` (ms since the epoch). A logged table, though a cache need not survive a crash: an unlogged
 * one does not come along when a distributed database moves tables between its nodes, or when a standby is promoted.
 */
const table = (at: string): string => `
create table ${at}cache(
  prefix text collate "C" not null, key text collate "C" not null, value text not null, expires double precision not null,
  primary key(prefix, key));
create index cache_expires on ${at}cache(expires);`

/** The table of the cache. */
export const schema: PostgresSchema = {
  name: 'cache',
  versions: [{ title: 'table of the cache', sql: table }],
  distributions: [{ table: 'cache', column: 'key' }],
}
