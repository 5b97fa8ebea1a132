import assert from 'node:assert/strict'
import type { Json } from '../../primitives/json.ts'
import type { Query, SortValue } from '../query.ts'
import type { StoredRecord } from '../record.ts'
import { articles, filter, idsOf, itemsOf, newestFirst, query, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

/** Values in the order of R8.3, beginning with the least. */
const ascending: readonly Json[] = [
  null,
  '',
  '1',
  '10',
  '9',
  'A',
  'B',
  'a',
  'a b',
  'ab',
  'b',
  'e\u0301',
  'é',
  '漢',
  '\uFB00',
  '\uFFFD',
  '😀',
  '😁',
  -10,
  -1.5,
  0,
  0.5,
  1,
  9,
  10,
  1e10,
  false,
  true,
  [],
  {},
]

async function sortsTypes({ storage }: StorageTrial): Promise<void> {
  const size = ascending.length
  for (const i of upTo(size).map((n) => (n * 7) % size)) await written(storage, articles, `v${i}`, { f: ascending[i] ?? null })
  await written(storage, articles, 'absent')
  const expected = [...upTo(size).map((i) => `v${i}`), 'absent']
  const sort = (direction: 'ascending' | 'descending') => [{ field: 'f', direction }, ...newestFirst] as const
  assert.deepEqual(await idsOf(storage, articles, { sort: sort('ascending') }), expected)
  assert.deepEqual(await idsOf(storage, articles, { sort: sort('descending') }), [...expected].reverse())
  for (const [i, value] of ascending.entries()) {
    const below = await idsOf(storage, articles, { sort: sort('ascending'), filters: [filter('f', 'lt', value)] })
    assert.deepEqual(below, expected.slice(0, i), `lt ${JSON.stringify(value)}`)
    const above = await idsOf(storage, articles, { sort: sort('ascending'), filters: [filter('f', 'gt', value)] })
    assert.deepEqual(above, expected.slice(i + 1), `gt ${JSON.stringify(value)}`)
  }
}

async function severalKeys({ storage }: StorageTrial): Promise<void> {
  for (const [i, fields] of [{ a: 1, b: 1 }, { a: 2 }, { a: 1 }, { a: 2, b: 0 }, { a: 1, b: 1 }, { b: 5 }].entries()) {
    await written(storage, articles, `r${i}`, fields)
  }
  const order = (...sort: Query['sort']) => idsOf(storage, articles, { sort })
  const up = (field: string) => ({ field, direction: 'ascending' }) as const
  const down = (field: string) => ({ field, direction: 'descending' }) as const
  assert.deepEqual(await order(up('a'), down('b'), down('last_modified')), ['r2', 'r4', 'r0', 'r1', 'r3', 'r5'])
  assert.deepEqual(await order(up('a'), down('b'), up('last_modified')), ['r2', 'r0', 'r4', 'r1', 'r3', 'r5'])
  assert.deepEqual(await order(down('a'), up('b'), up('last_modified')), ['r5', 'r3', 'r1', 'r0', 'r4', 'r2'])
  assert.deepEqual(await order(down('id'), up('last_modified')), ['r5', 'r4', 'r3', 'r2', 'r1', 'r0'])
  assert.deepEqual(await order(down('last_modified')), ['r5', 'r4', 'r3', 'r2', 'r1', 'r0'], 'the default order')
  assert.deepEqual(await order(up('last_modified')), ['r0', 'r1', 'r2', 'r3', 'r4', 'r5'])
}

async function pages({ storage }: StorageTrial): Promise<void> {
  const records = await Promise.all(upTo(7).map((i) => written(storage, articles, `r${i}`)))
  const stamps = records.map(({ timestamp }) => timestamp).reverse()
  const first = await storage.list(articles, query({ limit: 3 }))
  assert.deepEqual(first.next, [stamps[2]])
  assert.equal(first.length, 3)
  const second = await storage.list(articles, query({ limit: 3, after: first.next }))
  assert.deepEqual(second.next, [stamps[5]])
  const third = await storage.list(articles, query({ limit: 3, after: second.next }))
  assert.equal(third.next, undefined)
  assert.deepEqual(
    [first, second, third].flatMap(itemsOf).map((item) => item.last_modified),
    stamps,
  )
  assert.equal((await storage.list(articles, query({ limit: 7 }))).next, undefined, 'R8.6: exactly filling the last page')
  const beyond = await storage.list(articles, query({ after: [stamps[6]] }))
  assert.deepEqual([beyond.json, beyond.length, beyond.next], ['[]', 0, undefined])
}

async function changesBetweenPages({ storage }: StorageTrial): Promise<void> {
  for (const i of upTo(9)) await written(storage, articles, `r${i}`, { n: i % 3 })
  const sort = [{ field: 'n', direction: 'ascending' }, ...newestFirst] as const
  const seen: unknown[] = []
  let after: readonly SortValue[] | undefined
  for (const step of upTo(5)) {
    const page = await storage.list(articles, query({ sort, limit: 2, after }))
    seen.push(...itemsOf(page).map(({ id }) => id))
    after = page.next
    await written(storage, articles, `new${step}`, { n: -1 })
    if (!after) break
  }
  assert.deepEqual(
    [...seen].sort(),
    upTo(9).map((i) => `r${i}`),
    'what did not change while paging was seen once each',
  )
}

/** The middle one of some durations, in ms, of reading a page. */
async function cost({ storage }: StorageTrial, after: readonly SortValue[] | undefined): Promise<number> {
  const durations: number[] = []
  for (const _ of upTo(15)) {
    const start = performance.now()
    await storage.list(articles, query({ limit: 10, after }))
    durations.push(performance.now() - start)
  }
  return durations.sort((a, b) => a - b)[7] ?? 0
}

async function deepPagesAreCheap(trial: StorageTrial): Promise<void> {
  const records: StoredRecord[] = []
  // Not all at once: a storage may refuse writes that would have to wait for too many others.
  for (const begin of upTo(8).map((portion) => portion * 500)) {
    records.push(...(await Promise.all(upTo(500).map((i) => written(trial.storage, articles, `r${begin + i}`, { n: begin + i })))))
  }
  const oldest = Math.min(...records.map(({ timestamp }) => timestamp))
  await cost(trial, undefined)
  let ratio = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 3 && ratio > 5; attempt += 1) ratio = (await cost(trial, [oldest + 11])) / (await cost(trial, undefined))
  assert.ok(ratio <= 5, `the last page costs ${ratio.toFixed(1)} times the first`)
}

/** S17 and S18. */
export const orderTests: readonly StorageTest[] = [
  storageTest('S17 R8.3: values of all types have one order, in sorting and in comparisons', sortsTypes),
  storageTest('S17 R8.2: several sort keys in both directions', severalKeys),
  storageTest('S18 R8.6 R8.8: pages by the default order', pages),
  storageTest('S18 R8.8: what does not change while paging is seen once', changesBetweenPages),
  storageTest('S18 R8.8: a deep page costs no more than the first', deepPagesAreCheap),
]
