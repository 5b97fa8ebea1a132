import type { PostgresDatabase } from '../../drivers/postgresql/database.ts'
import { violatedUniqueness } from '../../drivers/postgresql/failure.ts'
import type { PostgresSession } from '../../drivers/postgresql/session.ts'
import { arrayLiteral } from '../../drivers/postgresql/statement.ts'
import { type CollectionItem, type LoadOutcome, type LoadPlan, type PlacedItem, planLoad, type StorageItem } from '../dump.ts'
import { fieldOfIndex } from './field-indexes.ts'
import { itemOf } from './write-function.ts'

/** Takes in items, all or none (S38, S39). What is replaced goes first, so that it is in nobody's way. */
export async function load(database: PostgresDatabase, at: string, list: readonly StorageItem[]): Promise<LoadOutcome> {
  const plan = planLoad(list)
  try {
    await database.atomically(async (session) => {
      const gone = await clear(session, at, plan)
      await insert(session, at, plan.items)
      await recount(session, at, gone, plan)
    })
    return { outcome: 'loaded' }
  } catch (error) {
    if (violatedUniqueness(error) === undefined) throw error
    const conflict = await findConflict(database, at, plan)
    if (conflict === undefined) throw error
    return conflict
  }
}

/** A collection with a number of its live records. */
type Count = readonly [parentId: string, resource: string, count: number]

/** Stamps the collections, which locks them, and removes what is replaced. @returns how many live records that were */
async function clear(session: PostgresSession, at: string, { collections, items }: LoadPlan): Promise<readonly Count[]> {
  const columns = columnsOf(collections, [({ parentId }) => parentId, ({ resource }) => resource, ({ timestamp }) => timestamp])
  // Everybody locks in one order, so that nobody waits for somebody who waits for him.
  const stamp =
    `insert into ${at}collections as c(parent_id,resource,last_modified) ` +
    'select p,r,t from unnest($1::text[],$2::text[],$3::bigint[]) n(p,r,t) order by p collate "C",r collate "C" ' +
    'on conflict(parent_id,resource) do update set last_modified=greatest(c.last_modified,excluded.last_modified)'
  await session.query({ text: stamp, values: columns })
  const remove =
    `with gone as (delete from ${at}records r using unnest($1::text[],$2::text[],$3::text[]) n(p,r,i) ` +
    'where r.parent_id=n.p and r.resource=n.r and r.id=n.i returning r.parent_id,r.resource,r.deleted) ' +
    'select parent_id,resource,count(*) from gone where not deleted group by parent_id,resource'
  const rows = await session.query({ text: remove, values: columnsOf(items, IDENTITY) })
  return rows.map(([parentId, resource, count]) => [String(parentId), String(resource), Number(count)])
}

async function insert(session: PostgresSession, at: string, items: readonly PlacedItem[]): Promise<void> {
  const text =
    `insert into ${at}records(parent_id,resource,id,last_modified,data,item,deleted) ` +
    `select p,r,i,t,coalesce(b,'{}')::jsonb,${itemOf('i', 't', 'b')},b is null ` +
    'from unnest($1::text[],$2::text[],$3::text[],$4::bigint[],$5::text[]) n(p,r,i,t,b)'
  const bodies = ({ item }: PlacedItem): string | null => (item.kind === 'record' ? item.body : null)
  await session.query({ text, values: columnsOf(items, [...IDENTITY, ({ item }) => item.timestamp, bodies]) })
}

async function recount(session: PostgresSession, at: string, gone: readonly Count[], { items }: LoadPlan): Promise<void> {
  const changes = new Map<string, Count>()
  const add = ([parentId, resource, count]: Count): void => {
    const key = JSON.stringify([parentId, resource])
    changes.set(key, [parentId, resource, (changes.get(key)?.[2] ?? 0) + count])
  }
  for (const [parentId, resource, count] of gone) add([parentId, resource, -count])
  for (const { item } of items) if (item.kind === 'record') add([item.parentId, item.resource, 1])
  const text =
    `update ${at}collections c set live_count=c.live_count+n.d from unnest($1::text[],$2::text[],$3::bigint[]) n(p,r,d) ` +
    'where c.parent_id=n.p and c.resource=n.r'
  const values = columnsOf([...changes.values()], [([parentId]) => parentId, ([, resource]) => resource, ([, , count]) => count])
  if (changes.size > 0) await session.query({ text, values })
}

/** Does the same item by item, to learn which one it is, and undoes it. */
async function findConflict(database: PostgresDatabase, at: string, plan: LoadPlan): Promise<LoadOutcome | undefined> {
  const transaction = await database.begin()
  try {
    await clear(transaction, at, plan)
    for (const placed of plan.items) {
      const index = await insert(transaction, at, [placed]).then(() => undefined, violatedOrThrown)
      if (index === undefined) continue
      const field = await fieldOfIndex(database, { at }, index)
      return field === undefined ? undefined : { outcome: 'conflict', position: placed.position, field }
    }
    return undefined
  } finally {
    await transaction.rollback()
  }
}

function violatedOrThrown(error: unknown): string {
  const index = violatedUniqueness(error)
  if (index === undefined) throw error
  return index
}

type Pick<Item> = (item: Item) => string | number | null

const of =
  (pick: (item: CollectionItem) => string): Pick<PlacedItem> =>
  ({ item }) =>
    pick(item)

const IDENTITY: readonly Pick<PlacedItem>[] = [of(({ parentId }) => parentId), of(({ resource }) => resource), of(({ id }) => id)]

const columnsOf = <Item>(items: readonly Item[], picks: readonly Pick<Item>[]): string[] =>
  picks.map((pick) => arrayLiteral(items.map(pick)))
