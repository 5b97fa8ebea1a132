import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { Collection } from '../contract.ts'
import { type Item, recordItem, tombstoneItem } from '../evaluation/item.ts'
import { type Items, type ItemsByTime, namedIds, type Taking, takesTombstones } from '../evaluation/selection.ts'
import type { Query } from '../query.ts'
import { runOn } from './collections.ts'
import { boundText, timestampRange } from './range.ts'
import { readScript } from './scripts/reading.ts'
import { parsePairs } from './stored.ts'

/** What was true of a collection at one moment. */
export interface Snapshot {
  readonly timestamp: number
  /** Of the collection: every change makes it another. */
  readonly version: string
  /** How many live records the collection has. */
  readonly total: number
  /** Those that the query may select; no others. */
  readonly items: Items
}

/** What may be asked of a collection. */
type Asked = Pick<Query, 'filters' | 'sort' | 'after' | 'ids'> & { readonly limit?: number | undefined }

/**
 * Reads what a query may select. A query for a range of timestamps in their order reads no more than its page, one that names ids only
 * these; any other reads all records in the range of timestamps that its filters leave.
 */
export async function readFor(
  database: RedisDatabase,
  collection: Collection,
  clock: Clock,
  asked: Asked,
  taking: Taking,
): Promise<Snapshot> {
  const { filters, ids, limit, sort } = asked
  const named = namedIds(filters, ids)
  if (named !== undefined) {
    const texts = [...named].filter((id) => typeof id === 'string')
    return await read(database, collection, clock, ['ids', JSON.stringify(texts)])
  }
  const { least, most, exact } = timestampRange(asked)
  const kinds = takesTombstones(filters, taking) ? 'all' : 'live'
  const direction = sort[0]?.direction === 'ascending' ? 'up' : 'down'
  const count = exact && limit !== undefined ? limit + 1 : -1
  return await read(database, collection, clock, ['range', kinds, boundText(least), boundText(most), direction, count])
}

/** Reads a collection's timestamp and how many live records it has. */
export async function readSummary(database: RedisDatabase, collection: Collection, clock: Clock): Promise<Snapshot> {
  return await read(database, collection, clock, ['summary'])
}

async function read(database: RedisDatabase, collection: Collection, clock: Clock, args: readonly (string | number)[]): Promise<Snapshot> {
  const [outcome, timestamp, version, total, ...pairs] = await runOn(database, collection, clock, readScript, args)
  if (outcome !== 'read' || typeof version !== 'string') throw new BackendError(`Redis ${database.place} could not read a collection`)
  const items = parsePairs(pairs).map(({ id, timestamp: at, body }) =>
    body === undefined ? tombstoneItem(id, at) : recordItem(id, at, body),
  )
  return { timestamp: Number(timestamp), version, total: Number(total), items: itemsOf(items) }
}

function itemsOf(items: readonly Item[]): Items {
  const sorted = items.toSorted((a, b) => a.timestamp - b.timestamp)
  return {
    byId: new Map(items.map((item) => [item.id, item])),
    live: byTime(sorted.filter(({ record }) => record !== undefined)),
    all: byTime(sorted),
  }
}

const byTime = (sorted: readonly Item[]): ItemsByTime => ({
  size: sorted.length,
  upwards: (least) => sorted.filter(({ timestamp }) => timestamp >= least),
  downwards: (most) => sorted.filter(({ timestamp }) => timestamp <= most).toReversed(),
})
