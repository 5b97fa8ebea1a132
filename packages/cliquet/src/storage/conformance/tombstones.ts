import assert from 'node:assert/strict'
import type { RemoveAllOutcome } from '../contract.ts'
import { tombstoneText } from '../record.ts'
import {
  articles,
  filter,
  idsOf,
  itemsOf,
  newestFirst,
  oldestFirst,
  put,
  query,
  remove,
  removed,
  tombstonesToo,
  upTo,
  written,
} from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

async function leavesTombstone({ storage, clock }: StorageTrial): Promise<void> {
  const record = await written(storage, articles, 'a', { title: 'A' })
  await written(storage, articles, 'b')
  const outcome = await remove(storage, articles, 'a', { condition: { kind: 'timestamp', timestamp: record.timestamp } })
  assert.deepEqual(outcome, { outcome: 'removed', tombstone: { id: 'a', timestamp: clock() + 2 }, previous: record })
  assert.equal(await storage.get(articles, 'a'), undefined)
  const page = await storage.list(articles, query({ filters: [filter('last_modified', 'gt', clock() + 1)] }))
  assert.equal(page.json, `[${tombstoneText('a', clock() + 2)}]`)
  assert.deepEqual(await idsOf(storage, articles), ['b'])
}

async function tombstoneIsNoRecord({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a')
  const { timestamp } = await removed(storage, articles, 'a')
  const refused = { outcome: 'refused', current: undefined, timestamp }
  assert.deepEqual(await remove(storage, articles, 'a'), refused, 'removing again')
  assert.deepEqual(await remove(storage, articles, 'a', { condition: { kind: 'timestamp', timestamp } }), refused)
  assert.deepEqual(await remove(storage, articles, 'never'), refused, 'removing what never was')
  assert.deepEqual(await put(storage, articles, 'a', {}, { condition: { kind: 'present' } }), refused)
  assert.deepEqual(await put(storage, articles, 'a', {}, { condition: { kind: 'timestamp', timestamp } }), refused)
  assert.equal((await put(storage, articles, 'a', {}, { condition: { kind: 'absent' } })).outcome, 'created')
}

async function recreated({ storage, clock }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a', { n: 1 })
  await removed(storage, articles, 'a')
  const outcome = await put(storage, articles, 'a', { n: 2 })
  assert.equal(outcome.outcome, 'created')
  const all = itemsOf(await storage.list(articles, query({ filters: tombstonesToo })))
  assert.deepEqual(all, [{ id: 'a', last_modified: clock() + 2, n: 2 }], 'the tombstone is gone')
  assert.equal((await storage.count(articles, [])).total, 1)
  assert.equal((await removed(storage, articles, 'a')).timestamp, clock() + 3, 'removing again renews it')
  const again = itemsOf(await storage.list(articles, query({ filters: tombstonesToo })))
  assert.deepEqual(again, [{ id: 'a', last_modified: clock() + 3, deleted: true }])
  assert.equal((await storage.count(articles, [])).total, 0)
}

/** Narrows to what was removed. */
function done(outcome: RemoveAllOutcome): Extract<RemoveAllOutcome, { outcome: 'removed' }> {
  if (outcome.outcome === 'removed') return outcome
  return assert.fail('the removal should not have been refused')
}

async function removesInOrder({ storage, clock }: StorageTrial): Promise<void> {
  const records = await Promise.all(upTo(6).map((i) => written(storage, articles, `r${i}`, { rank: (i * 5) % 6 })))
  const sort = [{ field: 'rank', direction: 'ascending' }, ...newestFirst] as const
  const { timestamp: before } = await storage.count(articles, [])
  const outcome = done(await storage.removeAll(articles, query({ sort, filters: [filter('rank', 'min', 2)] })))
  assert.deepEqual(
    outcome.removed.map(({ tombstone }) => tombstone.id),
    ['r4', 'r3', 'r2', 'r1'],
  )
  assert.deepEqual(
    outcome.removed.map(({ tombstone }) => tombstone.timestamp),
    upTo(4).map((i) => before + 1 + i),
  )
  assert.deepEqual(
    outcome.removed.map(({ previous }) => previous),
    [records[4], records[3], records[2], records[1]],
  )
  assert.equal(outcome.timestamp, before + 4)
  assert.equal(outcome.next, undefined)
  assert.equal(await storage.timestamp(articles), before + 4)
  assert.equal(before, clock() + 5)
  assert.deepEqual([...(await idsOf(storage, articles))].sort(), ['r0', 'r5'])
  assert.equal((await storage.count(articles, [])).total, 2)
}

async function neverTombstones({ storage }: StorageTrial): Promise<void> {
  for (const id of ['a', 'b', 'c']) await written(storage, articles, id)
  const gone = await removed(storage, articles, 'b')
  const outcome = done(await storage.removeAll(articles, query({ filters: tombstonesToo, sort: oldestFirst })))
  assert.deepEqual(
    outcome.removed.map(({ tombstone }) => tombstone.id),
    ['a', 'c'],
  )
  const left = itemsOf(await storage.list(articles, query({ filters: tombstonesToo })))
  assert.equal(left.find(({ id }) => id === 'b')?.last_modified, gone.timestamp, 'the older tombstone is untouched')
}

async function nothingMatches({ storage, clock }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a')
  const before = await storage.timestamp(articles)
  clock.advance(1000)
  const outcome = await storage.removeAll(articles, query({ filters: [filter('x', 'eq', 1)] }))
  assert.deepEqual(outcome, { outcome: 'removed', removed: [], timestamp: before, next: undefined })
  assert.deepEqual(await storage.removeAll(articles, query({ ids: [] })), outcome)
  assert.equal(await storage.timestamp(articles), before)
}

async function removesByPages({ storage }: StorageTrial): Promise<void> {
  const letters = ['c', 'a', 'b', 'a', 'c', 'a', 'b']
  const records = await Promise.all(letters.map((letter, i) => written(storage, articles, `r${i}`, { letter })))
  const sort = [{ field: 'letter', direction: 'descending' }, ...newestFirst] as const
  const first = done(await storage.removeAll(articles, query({ sort, limit: 3 })))
  const last = first.removed[2]?.previous
  assert.deepEqual(first.next, ['b', last?.timestamp], 'the values that the last one had before it was removed')
  const second = done(await storage.removeAll(articles, query({ sort, limit: 3, after: first.next })))
  const third = done(await storage.removeAll(articles, query({ sort, limit: 3, after: second.next })))
  assert.equal(third.next, undefined)
  const order = [...first.removed, ...second.removed, ...third.removed].map(({ tombstone }) => tombstone.id)
  const byTime = records.map(({ id, timestamp }, i) => ({ id, timestamp, letter: letters[i] ?? '' }))
  byTime.sort((a, b) => (a.letter === b.letter ? b.timestamp - a.timestamp : a.letter < b.letter ? 1 : -1))
  assert.deepEqual(
    order,
    byTime.map(({ id }) => id),
  )
}

async function exactlyTheLastPage({ storage }: StorageTrial): Promise<void> {
  for (const id of ['a', 'b']) await written(storage, articles, id)
  assert.equal(done(await storage.removeAll(articles, query({ limit: 2 }))).next, undefined)
}

async function listsAsRecords({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'live', { status: 1 })
  await written(storage, articles, 'dead', { status: 1 })
  const { timestamp } = await removed(storage, articles, 'dead')
  const both = ['dead', 'live']
  const list = (...filters: Parameters<typeof filter>[]) => idsOf(storage, articles, { filters: filters.map((f) => filter(...f)) })
  assert.deepEqual(await list(), ['live'])
  assert.deepEqual(await list(['status', 'not', 1]), [], 'no filter concerns last_modified')
  assert.deepEqual(await list(['deleted', 'eq', true]), [], 'R7.14: deleted alone selects none')
  assert.deepEqual(await list(['last_modified', 'gt', 5]), both)
  assert.deepEqual(await list(['last_modified', 'eq', timestamp]), ['dead'])
  assert.deepEqual(await list(['last_modified', 'not', timestamp]), ['live'])
  assert.deepEqual(await list(['last_modified', 'in', [timestamp]]), ['dead'])
  assert.deepEqual(await list(['last_modified', 'exclude', [5]]), both)
  assert.deepEqual(await list(['last_modified', 'has', true]), both)
  assert.deepEqual(await list(['last_modified', 'has', false]), [])
  assert.deepEqual(await list(['last_modified', 'lt', timestamp]), ['live'])
  assert.deepEqual(await list(['last_modified', 'gt', 5], ['status', 'eq', 1]), ['live'])
  assert.deepEqual(await list(['last_modified', 'gt', 5], ['status', 'not', 1]), ['dead'])
  assert.deepEqual(await list(['last_modified', 'gt', 5], ['status', 'min', 'x']), both, 'an absent field is greater than all')
  assert.deepEqual(await list(['last_modified', 'gt', 5], ['id', 'exclude', ['live']]), ['dead'])
  assert.deepEqual(await list(['last_modified', 'gt', 5], ['deleted', 'eq', true]), ['dead'])
  assert.deepEqual(await list(['last_modified', 'gt', 5], ['deleted', 'not', true]), ['live'])
  assert.deepEqual(await list(['last_modified', 'gt', 5], ['deleted', 'has', true]), ['dead'])
  assert.deepEqual(await list(['last_modified', 'gt', 5], ['deleted', 'eq', false]), [])
  assert.deepEqual((await storage.count(articles, tombstonesToo)).total, 1, 'R7.15: a count has none')
}

async function sortedAmongRecords({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a', { n: 2 })
  await written(storage, articles, 'b', { n: 1 })
  await written(storage, articles, 'c', { n: 0 })
  await removed(storage, articles, 'b')
  const order = (field: string, direction: 'ascending' | 'descending') =>
    idsOf(storage, articles, { filters: tombstonesToo, sort: [{ field, direction }, ...newestFirst] })
  assert.deepEqual(await order('n', 'ascending'), ['c', 'a', 'b'], 'R8.4: last, as the field is absent')
  assert.deepEqual(await order('n', 'descending'), ['b', 'a', 'c'])
  assert.deepEqual(await order('deleted', 'ascending'), ['b', 'c', 'a'], 'R8.4: first by deleted')
}

/** S7 to S9 and S19. */
export const tombstoneTests: readonly StorageTest[] = [
  storageTest('S7 R9.8: removing leaves a tombstone with its own new timestamp', leavesTombstone),
  storageTest('S7 R9.8: a tombstone is no record', tombstoneIsNoRecord),
  storageTest('S8 R9.8: putting over a tombstone creates, removing again renews', recreated),
  storageTest('S9 R5.30: removing many gives each its timestamp in the order of the query', removesInOrder),
  storageTest('S9 R7.15: removing many never selects tombstones', neverTombstones),
  storageTest('S9 R5.30: removing none leaves the collection timestamp alone', nothingMatches),
  storageTest('S9 R8.11: removing page by page follows the values before the removal', removesByPages),
  storageTest('S9 R8.6: a removal that takes exactly all has no next', exactlyTheLastPage),
  storageTest('S19 R7.13: tombstones take part when a filter concerns last_modified', listsAsRecords),
  storageTest('S19 R8.4: tombstones are sorted as records without fields', sortedAmongRecords),
]
