import type { TableSet } from '../../drivers/migrations.ts'

/** The table: JSON text per prefix and key, until `expires` (ms since the epoch). */
export const schema: TableSet = {
  name: 'cache',
  versions: [
    {
      title: 'table of the cache',
      sql: () => `create table cache(
         prefix text not null, key text not null, value text not null, expires real not null,
         primary key(prefix, key));
       create index cache_expires on cache(expires);`,
    },
  ],
}
