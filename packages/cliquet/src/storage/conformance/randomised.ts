import assert from 'node:assert/strict'
import type { JsonObject } from '../../primitives/json.ts'
import type { Storage } from '../contract.ts'
import type { Filter, Operator, Query, SortValue } from '../query.ts'
import { compareBy, equal, keysOf, select } from './oracle.ts'
import type { Random } from './random.ts'
import { createRandom } from './random.ts'
import { randomAfter, randomFields, randomQuery, randomSort, randomValue } from './random-data.ts'
import { articles, itemsOf, query, removed, tombstonesToo, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

interface Field {
  readonly storage: Storage
  readonly random: Random
  /** Records and tombstones as clients see them, in the order of their timestamps. */
  readonly documents: readonly JsonObject[]
}

const operators: readonly Operator[] = ['eq', 'not', 'lt', 'max', 'gt', 'min', 'in', 'exclude', 'like', 'has', 'contains', 'contains_any']

/** Sixty random records, every seventh removed. */
async function sow({ storage, seed }: StorageTrial): Promise<Field> {
  const random = createRandom(seed)
  const documents = new Map<string, JsonObject>()
  for (const i of upTo(60)) {
    const id = `r${(i * 37) % 60}`
    const fields = randomFields(random)
    const { timestamp } = await written(storage, articles, id, fields)
    documents.set(id, Object.fromEntries([['id', id], ['last_modified', timestamp], ...Object.entries(fields)]))
  }
  for (const i of upTo(60).filter((n) => n % 7 === 3)) {
    const { timestamp } = await removed(storage, articles, `r${i}`)
    documents.set(`r${i}`, { id: `r${i}`, last_modified: timestamp, deleted: true })
  }
  return { storage, random, documents: [...documents.values()] }
}

/** Says what was asked, so that a failure can be repeated: the seed, and the query as JSON (absent values as `"<absent>"`). */
const asked = (seed: number, value: unknown): string =>
  `seed ${seed}: ${JSON.stringify(value, (_, item: unknown) => (item === undefined ? '<absent>' : item))}`

/** The items must be in the order of the oracle, as far as anything is said about it. */
function assertOrdered(items: readonly JsonObject[], { sort }: Query, message: string): void {
  const keys = items.map((item) => keysOf(item, sort))
  for (const [i, before] of keys.entries()) {
    for (const after of keys.slice(i + 1)) assert.ok((compareBy(sort, before, after) ?? -1) < 0, `order: ${message}`)
  }
}

/** One page of the backend against the oracle: order, what is in it, what is left out, and `next`. */
async function comparePage({ storage, documents }: Field, asking: Query, message: string): Promise<void> {
  const expected = select(documents, asking)
  const page = await storage.list(articles, asking)
  const items = itemsOf(page)
  assertOrdered(items, asking, message)
  if (!expected) return
  assert.equal(items.length, Math.min(expected.length, asking.limit), `length: ${message}`)
  for (const item of items)
    assert.deepEqual(
      item,
      documents.find(({ id }) => id === item.id),
      `content: ${message}`,
    )
  const ids = new Set(items.map(({ id }) => id))
  const last = items.at(-1)
  if (last) {
    const lastKeys = keysOf(last, asking.sort)
    for (const left of expected.filter(({ id }) => !ids.has(id ?? null))) {
      assert.ok((compareBy(asking.sort, lastKeys, keysOf(left, asking.sort)) ?? -1) < 0, `left out: ${message}`)
    }
  }
  const allowed = new Set(expected.map(({ id }) => id))
  assert.deepEqual(
    [...ids].filter((id) => !allowed.has(id)),
    [],
    `selected: ${message}`,
  )
  const more = expected.length > items.length
  assert.deepEqual(page.next && [...page.next], more && last ? [...keysOf(last, asking.sort)] : undefined, `next: ${message}`)
}

async function compareCount({ storage, documents }: Field, { filters, ids, sort }: Query, message: string): Promise<void> {
  const expected = select(
    documents.filter(({ deleted }) => deleted !== true),
    { filters, ids, sort },
  )
  if (expected) assert.equal((await storage.count(articles, filters, ids)).total, expected.length, `count: ${message}`)
}

const comparing =
  (kinds: readonly Operator[], rounds: number) =>
  async (trial: StorageTrial): Promise<void> => {
    const field = await sow(trial)
    for (const _ of upTo(rounds)) {
      const asking = randomQuery(field.random, field.documents, kinds)
      await comparePage(field, asking, asked(trial.seed, asking))
      await compareCount(field, asking, asked(trial.seed, asking))
    }
  }

/** All pages of a query, one after the other. A backend whose pages lead round in a circle fails at more than `most` items. */
async function walk(storage: Storage, asking: Query, most: number): Promise<readonly JsonObject[]> {
  const items: JsonObject[] = []
  let after: readonly SortValue[] | undefined
  for (;;) {
    const page = await storage.list(articles, { ...asking, after })
    items.push(...itemsOf(page))
    assert.ok(items.length <= most, `the pages lead round in a circle: ${JSON.stringify(asking)}`)
    if (!page.next) return items
    assert.equal(page.length, asking.limit, 'a page that is not the last is full')
    after = page.next
  }
}

async function walks(trial: StorageTrial): Promise<void> {
  const field = await sow(trial)
  for (const round of upTo(60)) {
    const some = randomQuery(field.random, field.documents, operators)
    const filters: readonly Filter[] = round % 3 === 0 ? some.filters : round % 3 === 1 ? tombstonesToo : []
    const asking = { ...some, filters, limit: 1 + field.random.below(round % 2 ? 9 : 30) }
    const whole = itemsOf(await trial.storage.list(articles, { ...asking, limit: 10_000 }))
    assert.deepEqual(await walk(trial.storage, asking, field.documents.length), whole, `pages: ${asked(trial.seed, asking)}`)
  }
}

async function madeUpTokens(trial: StorageTrial): Promise<void> {
  const field = await sow(trial)
  for (const round of upTo(100)) {
    const sort = randomSort(field.random)
    const filters = round % 2 ? tombstonesToo : []
    const asking = query({ sort, filters, after: randomAfter(field.random, field.documents, sort) })
    await comparePage(field, asking, asked(trial.seed, asking))
  }
}

async function sorts(trial: StorageTrial): Promise<void> {
  const field = await sow(trial)
  for (const round of upTo(100)) {
    const sort = randomSort(field.random)
    const asking = query({ sort, filters: round % 3 ? tombstonesToo : [] })
    await comparePage(field, asking, asked(trial.seed, asking))
    const reverse = sort.map(
      ({ field: name, direction }) => ({ field: name, direction: direction === 'ascending' ? 'descending' : 'ascending' }) as const,
    )
    const forth = itemsOf(await trial.storage.list(articles, asking))
    const back = itemsOf(await trial.storage.list(articles, { ...asking, sort: reverse }))
    assert.deepEqual([...back].reverse(), forth, `reverse: ${asked(trial.seed, asking)}`)
  }
}

/** R8.3: for any value the lists below and from it make the whole sorted list; this also binds the order among arrays and among objects. */
async function concatenates(trial: StorageTrial): Promise<void> {
  const { storage, random, documents } = await sow(trial)
  for (const _ of upTo(60)) {
    const field = randomSort(random)[0]?.field ?? 'a'
    if (field === 'last_modified' || field === 'id' || field === 'deleted') continue
    const value = random.chance(0.3)
      ? randomValue(random)
      : (keysOf(random.pick(documents), [{ field, direction: 'ascending' }])[0] ?? null)
    const sort = [
      { field, direction: 'ascending' },
      { field: 'last_modified', direction: 'ascending' },
    ] as const
    const list = async (operator?: Operator): Promise<readonly JsonObject[]> => {
      const filters = operator ? [{ field, operator, value }, ...tombstonesToo] : tombstonesToo
      return itemsOf(await storage.list(articles, query({ filters, sort })))
    }
    const message = asked(trial.seed, { field, value })
    const whole = await list()
    assert.deepEqual([...(await list('lt')), ...(await list('min'))], whole, `lt and min: ${message}`)
    assert.deepEqual([...(await list('max')), ...(await list('gt'))], whole, `max and gt: ${message}`)
    const equals = whole.filter((document) => equal(keysOf(document, sort)[0], value))
    assert.deepEqual(await list('eq'), equals, `eq: ${message}`)
    assert.equal((await list('max')).length + (await list('min')).length, whole.length + equals.length, `equal ones: ${message}`)
  }
}

async function narrows(trial: StorageTrial): Promise<void> {
  const field = await sow(trial)
  for (const _ of upTo(60)) {
    const ids = field.random.list(0, 40, () => (field.random.chance(0.1) ? 'unknown' : String(field.random.pick(field.documents).id)))
    const asking = { ...randomQuery(field.random, field.documents, operators), ids }
    await comparePage(field, asking, asked(trial.seed, asking))
    await compareCount(field, asking, asked(trial.seed, asking))
  }
}

async function removesWhatItLists(trial: StorageTrial): Promise<void> {
  const field = await sow(trial)
  for (const _ of upTo(5)) {
    const asking = { ...randomQuery(field.random, field.documents, operators), limit: 7 }
    const all = itemsOf(await trial.storage.list(articles, { ...asking, limit: 10_000 }))
    const live = all.filter(({ deleted }) => deleted !== true)
    const outcome = await trial.storage.removeAll(articles, asking)
    assert.ok(outcome.outcome === 'removed')
    const ids = outcome.removed.map(({ tombstone }) => tombstone.id)
    assert.deepEqual(
      ids,
      live.slice(0, 7).map(({ id }) => id),
      asked(trial.seed, asking),
    )
  }
}

/** S15 to S19, S21 and S22 on random data against the oracle. */
export const randomisedTests: readonly StorageTest[] = [
  storageTest(
    'S15 R7.2: random filters select what the rules say',
    comparing(['eq', 'not', 'in', 'exclude', 'has', 'contains', 'contains_any'], 200),
  ),
  storageTest('S15 S17 R7.2 R8.3: random comparisons select what the rules say', comparing(['lt', 'max', 'gt', 'min'], 150)),
  storageTest('S16 R7.8: random patterns match what the rules say', comparing(['like'], 150)),
  storageTest('S17 R8.3: random sorts are in the order of the rules, and exactly reversible', sorts),
  storageTest('S17 R8.3: the lists below and from any value make the whole sorted list', concatenates),
  storageTest('S18 R8.8: walks through all pages of random queries repeat and skip nothing', walks),
  storageTest('S18 R8.9: pages after made-up values are what the rules say', madeUpTokens),
  storageTest('S22 R10.8: random subsets narrow lists and counts', narrows),
  storageTest('S9 S22: removing what a random query selects takes what it lists', removesWhatItLists),
]
