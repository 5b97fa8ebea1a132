import type { Filter, Query, SortValue } from '../query.ts'
import { fieldReader } from './field.ts'
import type { Item } from './item.ts'
import { matcher } from './matching.ts'
import type { OrderKey } from './order.ts'
import { compareKeys, orderKey } from './order.ts'

/** Items in the order of their timestamps. */
export interface ItemsByTime {
  readonly size: number
  /** From the least timestamp ≥ `least` on, upwards. */
  upwards(least: number): Iterable<Item>
  /** From the greatest timestamp ≤ `most` on, downwards. */
  downwards(most: number): Iterable<Item>
}

/** The items of a collection that `select` chooses from. */
export interface Items {
  /** Records and tombstones by id. */
  readonly byId: { get(id: string): Item | undefined }
  /** Records. */
  readonly live: ItemsByTime
  /** Records and tombstones. */
  readonly all: ItemsByTime
}

/** Items that a query selects, and the sort values of the last one when more follow. */
export interface Selection {
  readonly items: readonly Item[]
  readonly next: readonly SortValue[] | undefined
}

/** Which of a collection's items take part: tombstones never, or when a filter concerns `last_modified` (R7.13). */
export type Taking = 'records' | 'tombstones-by-filter'

/** What narrows a query before it is evaluated. */
type Narrowing = Omit<Query, 'limit'>

/** Whether tombstones take part in that query. */
export const takesTombstones = (filters: readonly Filter[], taking: Taking): boolean =>
  taking === 'tombstones-by-filter' && filters.some(({ field }) => field === 'last_modified')

/** Timestamps, both ends included. */
interface TimeRange {
  readonly least: number
  readonly most: number
}

/** The timestamps that the filters leave; they are checked again by the filters themselves. */
function rangeOf(filters: readonly Filter[]): TimeRange {
  let least = Number.NEGATIVE_INFINITY
  let most = Number.POSITIVE_INFINITY
  for (const { field, operator, value } of filters) {
    if (field !== 'last_modified' || typeof value !== 'number') continue
    if (operator === 'gt' || operator === 'min' || operator === 'eq') least = Math.max(least, value)
    if (operator === 'lt' || operator === 'max' || operator === 'eq') most = Math.min(most, value)
  }
  return { least, most }
}

/** The ids that a query can select at most, when it names them. */
export function namedIds(filters: readonly Filter[], ids: readonly string[] | undefined): ReadonlySet<unknown> | undefined {
  const named: ReadonlySet<unknown>[] = ids ? [new Set(ids)] : []
  for (const { field, operator, value } of filters) {
    if (field !== 'id') continue
    if (operator === 'eq') named.push(new Set([value]))
    if (operator === 'in' && Array.isArray(value)) named.push(new Set(value))
  }
  return named.reduce<ReadonlySet<unknown> | undefined>((least, set) => (least && least.size <= set.size ? least : set), undefined)
}

/** Few named ids are looked up; else the timeline is read in the wanted direction, as far as the filters and `after` leave it. */
function* candidates(from: Items, query: Narrowing, taking: Taking, upwards: boolean): Iterable<Item> {
  const { filters, ids } = query
  const tombstones = takesTombstones(filters, taking)
  const named = namedIds(filters, ids)
  if (named) {
    for (const id of named) {
      const item = typeof id === 'string' ? from.byId.get(id) : undefined
      if (item && (tombstones || item.record)) yield item
    }
    return
  }
  const { least, most } = narrowedByAfter(rangeOf(filters), query)
  const line = tombstones ? from.all : from.live
  for (const item of upwards ? line.upwards(least) : line.downwards(most)) {
    if (upwards ? item.timestamp > most : item.timestamp < least) return
    yield item
  }
}

function narrowedByAfter({ least, most }: TimeRange, { sort, after }: Narrowing): TimeRange {
  const [first] = sort
  const last = after?.[0]
  if (first?.field !== 'last_modified' || typeof last !== 'number') return { least, most }
  return first.direction === 'ascending' ? { least: Math.max(least, last), most } : { least, most: Math.min(most, last) }
}

/** All live records that match, in no particular order. */
export function countMatching(from: Items, filters: readonly Filter[], ids: readonly string[] | undefined): number {
  if (filters.length === 0 && ids === undefined) return from.live.size
  const wanted = ids && new Set(ids)
  const matches = matcher(filters)
  let total = 0
  for (const item of candidates(from, { filters, sort: [], ids }, 'records', false)) {
    if (matches(item) && (!wanted || wanted.has(item.id))) total += 1
  }
  return total
}

/** What a query selects. In the order of timestamps it costs O(page), else O(collection). */
export function select(from: Items, query: Query, taking: Taking): Selection {
  const { filters, sort, limit } = query
  const ids = query.ids && new Set(query.ids)
  const matches = matcher(filters)
  const isAfter = afterTest(query)
  const upwards = sort[0]?.direction === 'ascending'
  const byTime = sort[0]?.field === 'last_modified' && !namedIds(filters, query.ids)
  const items: Item[] = []
  for (const item of candidates(from, query, taking, upwards)) {
    if (!matches(item) || (ids && !ids.has(item.id)) || !isAfter(item)) continue
    items.push(item)
    if (byTime && items.length > limit) break
  }
  const ordered = byTime ? items : sorted(items, query)
  const page = ordered.slice(0, limit)
  const last = page.at(-1)
  return { items: page, next: last && ordered.length > limit ? sortValues(last, query) : undefined }
}

function sorted(items: readonly Item[], { sort }: Query): readonly Item[] {
  const readers = sort.map(({ field }) => fieldReader(field))
  const keyed = items.map((item) => ({ item, keys: readers.map((read) => orderKey(read(item))) }))
  return keyed.sort((a, b) => compareAll(sort, a.keys, b.keys)).map(({ item }) => item)
}

function compareAll(sort: Query['sort'], a: readonly OrderKey[], b: readonly OrderKey[]): number {
  for (const [i, { direction }] of sort.entries()) {
    const left = a[i]
    const right = b[i]
    const order = left && right ? compareKeys(left, right) : 0
    if (order !== 0) return direction === 'ascending' ? order : -order
  }
  return 0
}

/** Whether an item comes after the values of `after`, in the order of the query (R8.8). */
function afterTest({ sort, after }: Query): (item: Item) => boolean {
  if (!after) return () => true
  const readers = sort.map(({ field }) => fieldReader(field))
  const last = after.map(orderKey)
  return (item) =>
    compareAll(
      sort,
      readers.map((read) => orderKey(read(item))),
      last,
    ) > 0
}

/** The values of the sort keys of an item. Copies, as the parsed fields are not handed out. */
export const sortValues = (item: Item, { sort }: Pick<Query, 'sort'>): readonly SortValue[] =>
  sort.map(({ field }) => structuredClone(fieldReader(field)(item)))
