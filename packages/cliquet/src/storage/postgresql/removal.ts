import type { PostgresSession } from '../../drivers/postgresql/session.ts'
import { arrayLiteral, DATABASE_NOW } from '../../drivers/postgresql/statement.ts'
import type { WorkCall } from '../../drivers/postgresql/work.ts'
import type { Collection, RemoveAllOutcome } from '../contract.ts'
import type { Query } from '../query.ts'
import { fixedTimestamp } from './collection-row.ts'
import { bodyOf, nextOf, recordRows } from './page.ts'
import { selectRows, type Tables } from './selection.ts'
import { itemOf } from './write-function.ts'

/** A removal of many. */
export interface ManyRemoval {
  readonly collection: Collection
  readonly query: Query
  readonly ifTimestamp: number | undefined
  readonly calls: readonly WorkCall[]
  /** In place of the database's clock, ms. */
  readonly now: number | undefined
}

/** Removes what the query selects. To be called in a transaction: it locks the collection, looks, and then writes. */
export async function removeMany(session: PostgresSession, tables: Tables, removal: ManyRemoval): Promise<RemoveAllOutcome> {
  const { collection, query, ifTimestamp, calls } = removal
  const last = await fixedTimestamp(session, tables, collection, removal.now)
  if (ifTimestamp !== undefined && ifTimestamp !== last) return { outcome: 'refused', timestamp: last }
  const rows = recordRows(await session.query(selectRows(tables, collection, query, { tombstones: false })))
  const chosen = rows.slice(0, query.limit)
  if (chosen.length === 0) return { outcome: 'removed', removed: [], timestamp: last, next: undefined }
  const first = Math.max(removal.now ?? (await databaseNow(session)), last + 1)
  const ids = chosen.map(({ id }) => id)
  await bury(session, tables, collection, ids, first)
  for (const { function: name, argument } of calls) {
    await session.query({ text: `select ${name}($1::jsonb,$2::text[])`, values: [JSON.stringify(argument), arrayLiteral(ids)] })
  }
  return {
    outcome: 'removed',
    removed: chosen.map((row, place) => ({
      tombstone: { id: row.id, timestamp: first + place },
      previous: { id: row.id, timestamp: row.timestamp, body: bodyOf(row) },
    })),
    timestamp: first + ids.length - 1,
    next: nextOf(rows, query),
  }
}

/** Makes the records tombstones, each with the next timestamp. */
async function bury(session: PostgresSession, { at }: Tables, { parentId, resource }: Collection, ids: readonly string[], first: number) {
  const stamps = ids.map((_, place) => first + place)
  await session.query({
    text:
      `update ${at}records r set last_modified=n.stamp,data='{}',item=${itemOf('n.id', 'n.stamp', 'null')},deleted=true from unnest($3::text[],$4::bigint[]) n(id,stamp) ` +
      'where r.parent_id=$1 and r.resource=$2 and r.id=n.id',
    values: [parentId, resource, arrayLiteral(ids), arrayLiteral(stamps)],
  })
  await session.query({
    text: `update ${at}collections set last_modified=$3,live_count=live_count-$4 where parent_id=$1 and resource=$2`,
    values: [parentId, resource, first + ids.length - 1, ids.length],
  })
}

async function databaseNow(session: PostgresSession): Promise<number> {
  const [row] = await session.query({ text: `select ${DATABASE_NOW}` })
  return Number(row?.[0])
}
