import type { PostgresSession } from '../../drivers/postgresql/session.ts'
import { DATABASE_NOW } from '../../drivers/postgresql/statement.ts'
import type { Collection } from '../contract.ts'

/** Where the collections' rows are. */
interface Tables {
  /** The quoted PostgreSQL schema with a dot. */
  readonly at: string
}

/** The collection's timestamp, or undefined if it never had one. */
export async function collectionTimestamp(session: PostgresSession, { at }: Tables, collection: Collection): Promise<number | undefined> {
  const [row] = await session.query({
    name: 'storage timestamp',
    text: `select last_modified from ${at}collections where parent_id=$1 and resource=$2`,
    values: [collection.parentId, collection.resource],
  })
  return row && Number(row[0])
}

/** The collection's timestamp; one that never had one gets `now`, or the database's time (S14). In a transaction it locks the collection. */
export async function fixedTimestamp(
  session: PostgresSession,
  { at }: Tables,
  { parentId, resource }: Collection,
  now: number | undefined,
): Promise<number> {
  const [row] = await session.query({
    name: 'storage fix',
    text:
      `insert into ${at}collections as c(parent_id,resource,last_modified) values($1,$2,coalesce($3::bigint,${DATABASE_NOW})) ` +
      'on conflict(parent_id,resource) do update set last_modified=c.last_modified returning c.last_modified',
    values: [parentId, resource, now ?? null],
  })
  return Number(row?.[0])
}
