import { BackendError } from '../../errors/backend-error.ts'
import type { JoinedWork } from '../../primitives/joined-work.ts'
import type { Collection, RemoveAllOutcome } from '../contract.ts'
import { recordItem } from '../evaluation/item.ts'
import { namedIds, select, sortValues } from '../evaluation/selection.ts'
import type { Query, SortValue } from '../query.ts'
import type { StoredRecord } from '../record.ts'
import { runOn } from './collections.ts'
import { type Joined, joined } from './joining.ts'
import { boundText, timestampRange } from './range.ts'
import { removeAllScript } from './scripts/writing.ts'
import { readFor } from './snapshot.ts'
import type { Store } from './store.ts'
import { parsePairs } from './stored.ts'

/** How often records are chosen again because others wrote between the choice and the removal. */
const attempts = 50

interface Removed {
  readonly records: readonly StoredRecord[]
  readonly isMore: boolean
  readonly outcome: Extract<RemoveAllOutcome, { outcome: 'removed' }>
  readonly below: readonly (string | null)[]
}

/**
 * Removes what a query selects. A range of timestamps in their order is selected inside the script that removes it. Any other query is evaluated
 * here; the script then removes what was selected if nobody wrote in between, else it is selected again.
 * @throws BackendError when others write all the time
 */
export async function removeSelected(
  store: Store,
  collection: Collection,
  query: Query,
  { ifTimestamp, join }: { readonly ifTimestamp?: number | undefined; readonly join?: readonly JoinedWork[] | undefined },
): Promise<RemoveAllOutcome> {
  const work = joined(store.database, collection.parentId, join)
  const before = [ifTimestamp ?? '', work.steps]
  const { least, most, exact } = timestampRange(query)
  if (exact && namedIds(query.filters, query.ids) === undefined) {
    const direction = query.sort[0]?.direction === 'ascending' ? 'up' : 'down'
    const range = ['range', boundText(least), boundText(most), direction, query.limit]
    return await removalOutcome(await remove(store, collection, [...before, ...range], work), query, work)
  }
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { items, version } = await readFor(store.database, collection, store.clock, query, 'records')
    const selection = select(items, query, 'records')
    const ids = JSON.stringify(selection.items.map(({ id }) => id))
    const reply = await remove(store, collection, [...before, 'ids', version, ids], work)
    if (reply[0] !== 'changed') return await removalOutcome(reply, query, work, selection.next)
  }
  throw new BackendError(`Redis ${store.database.place}: others write to ${collection.resource} all the time`)
}

async function remove({ database, clock }: Store, collection: Collection, args: readonly (string | number)[], work: Joined) {
  return await work.write(() => runOn(database, collection, clock, removeAllScript, args))
}

async function removalOutcome(
  reply: readonly (string | null)[],
  query: Query,
  work: Joined,
  next?: readonly SortValue[] | undefined,
): Promise<RemoveAllOutcome> {
  if (reply[0] === 'refused') return { outcome: 'refused', timestamp: Number(reply[1]) }
  const { records, isMore, outcome, below } = parseRemoved(reply)
  if (records.length > 0)
    await work.finish(
      records.map(({ id }) => id),
      below,
    )
  const last = records.at(-1)
  return isMore && last ? { ...outcome, next: sortValues(recordItem(last.id, last.timestamp, last.body), query) } : { ...outcome, next }
}

function parseRemoved([, first, timestamp, more, length, ...rest]: readonly (string | null)[]): Removed {
  const end = 2 * Number(length)
  const records = parsePairs(rest.slice(0, end)).map(({ body = '{}', ...item }): StoredRecord => ({ ...item, body }))
  const removed = records.map((previous, place) => ({
    tombstone: { id: previous.id, timestamp: Number(first) + place },
    previous,
  }))
  return {
    records,
    isMore: more === 'more',
    outcome: { outcome: 'removed', removed, timestamp: Number(timestamp), next: undefined },
    below: rest.slice(end),
  }
}
