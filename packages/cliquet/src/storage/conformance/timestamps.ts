import assert from 'node:assert/strict'
import type { Storage } from '../contract.ts'
import { articles, bookmarks, idsOf, put, query, remove, removed, tally, tombstonesToo, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

const now = (storage: Storage): Promise<number> => storage.timestamp(articles)

async function strictlyIncreasing({ storage, clock }: StorageTrial): Promise<void> {
  const first = await written(storage, articles, 'a')
  assert.equal(first.timestamp, clock(), 'a fresh collection starts at now')
  assert.equal((await written(storage, articles, 'b')).timestamp, clock() + 1, 'within the same millisecond')
  assert.equal((await written(storage, articles, 'a', { x: 1 })).timestamp, clock() + 2, 'a replacement counts')
  assert.equal((await removed(storage, articles, 'a')).timestamp, clock() + 3, 'a removal counts')
  assert.equal(await now(storage), clock() + 3)
  clock.advance(1000)
  assert.equal((await written(storage, articles, 'c')).timestamp, clock(), 'now, when now is later')
  assert.equal(await now(storage), clock())
}

async function clockGoesBack({ storage, clock }: StorageTrial): Promise<void> {
  const { timestamp } = await written(storage, articles, 'a')
  clock.advance(-3_600_000)
  assert.equal((await written(storage, articles, 'b')).timestamp, timestamp + 1)
  assert.equal((await removed(storage, articles, 'a')).timestamp, timestamp + 2)
  assert.equal(await now(storage), timestamp + 2)
}

async function manyAtOnce({ storage, clock }: StorageTrial): Promise<void> {
  const records = await Promise.all(upTo(60).map((i) => written(storage, articles, `r${i % 45}`, { i })))
  const stamps = records.map(({ timestamp }) => timestamp).sort((a, b) => a - b)
  assert.deepEqual(
    stamps,
    upTo(60).map((i) => clock() + i),
    'no timestamp is given twice, none is left out',
  )
  assert.equal(await now(storage), clock() + 59)
}

async function eachItsOwn({ storage, clock }: StorageTrial): Promise<void> {
  const other = { parentId: 'bob', resource: 'article' }
  for (const id of ['a', 'b', 'c']) await written(storage, articles, id)
  assert.equal((await written(storage, other, 'a')).timestamp, clock())
  assert.equal((await written(storage, bookmarks, 'a')).timestamp, clock())
}

async function chosenGreater({ storage, clock }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a')
  const chosen = clock() + 5000
  assert.equal((await written(storage, articles, 'b', {}, { timestamp: chosen })).timestamp, chosen)
  assert.equal(await now(storage), chosen)
  assert.equal((await written(storage, articles, 'a', {}, { timestamp: chosen + 7 })).timestamp, chosen + 7, 'on a live record')
  assert.equal(await now(storage), chosen + 7)
  assert.equal((await removed(storage, articles, 'a', { timestamp: chosen + 9 })).timestamp, chosen + 9, 'on a removal')
  assert.equal(await now(storage), chosen + 9)
  assert.equal((await written(storage, articles, 'c')).timestamp, chosen + 10, 'the next write goes on from there')
}

async function chosenEqual({ storage, clock }: StorageTrial): Promise<void> {
  const { timestamp } = await written(storage, articles, 'a')
  assert.equal((await written(storage, articles, 'b', {}, { timestamp })).timestamp, timestamp + 1)
  clock.advance(500)
  assert.equal((await written(storage, articles, 'c', {}, { timestamp: timestamp + 1 })).timestamp, clock())
  assert.equal(await now(storage), clock())
}

async function chosenLower({ storage, clock }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a')
  const before = await now(storage)
  assert.equal((await written(storage, articles, 'old', {}, { timestamp: 1234 })).timestamp, 1234)
  assert.equal((await written(storage, articles, 'zero', {}, { timestamp: 0 })).timestamp, 0)
  assert.equal(await now(storage), before)
  assert.equal((await removed(storage, articles, 'old', { timestamp: 2345 })).timestamp, 2345, 'of a tombstone')
  assert.equal(await now(storage), before)
  assert.deepEqual(await idsOf(storage, articles, { filters: tombstonesToo }), ['a', 'old', 'zero'])
  assert.equal((await written(storage, articles, 'b')).timestamp, clock() + 1)
}

async function chosenFirst({ storage }: StorageTrial): Promise<void> {
  assert.equal((await written(storage, articles, 'a', {}, { timestamp: 42 })).timestamp, 42)
  assert.equal(await now(storage), 42)
}

async function notGreaterThanOwn({ storage, clock }: StorageTrial): Promise<void> {
  await written(storage, articles, 'old', {}, { timestamp: 1000 })
  await written(storage, articles, 'new', {}, { timestamp: 9000 })
  assert.equal((await written(storage, articles, 'old', { x: 1 }, { timestamp: 1000 })).timestamp, clock(), 'equal')
  assert.equal((await written(storage, articles, 'old', { x: 2 }, { timestamp: 999 })).timestamp, clock() + 1, 'lower')
  assert.equal((await removed(storage, articles, 'old', { timestamp: 5 })).timestamp, clock() + 2, 'of a removal')
  assert.equal((await written(storage, articles, 'new', {}, { timestamp: 9001 })).timestamp, 9001, 'greater than its own is used')
  assert.equal(await now(storage), clock() + 2)
}

async function taken({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a', {}, { timestamp: 1000 })
  await written(storage, articles, 'b', {}, { timestamp: 2000 })
  await removed(storage, articles, 'a', { timestamp: 1500 })
  await written(storage, articles, 'c')
  const before = await now(storage)
  const puts = [
    await put(storage, articles, 'new', {}, { timestamp: 2000 }),
    await put(storage, articles, 'new', {}, { timestamp: 1500 }),
    await put(storage, articles, 'b', { x: 1 }, { timestamp: before - 1 }).then(async (outcome) => {
      assert.notEqual(outcome.outcome, 'timestamp-taken', 'a free one is used')
      return put(storage, articles, 'd', {}, { timestamp: before - 1 })
    }),
  ]
  assert.deepEqual(tally(puts), { 'timestamp-taken': 3 })
  await written(storage, articles, 'e', {}, { timestamp: 10 })
  assert.equal((await remove(storage, articles, 'e', { timestamp: 1500 })).outcome, 'timestamp-taken')
  assert.equal((await put(storage, articles, 'e', { x: 1 }, { timestamp: 1500 })).outcome, 'timestamp-taken')
  assert.equal((await storage.get(articles, 'e'))?.body, '{}', 'nothing was written')
  assert.equal(await storage.get(articles, 'new'), undefined)
  assert.equal(await now(storage), before)
  assert.equal((await storage.count(articles, [])).total, 3)
}

async function takenAtOnce({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a')
  const outcomes = await Promise.all(upTo(10).map((i) => put(storage, articles, `r${i}`, {}, { timestamp: 77 })))
  assert.deepEqual(tally(outcomes), { created: 1, 'timestamp-taken': 9 })
  const elsewhere = await put(storage, { ...articles, parentId: 'bob' }, 'a', {}, { timestamp: 77 })
  assert.equal(elsewhere.outcome, 'created', 'another collection has its own')
}

async function survivesRemoval({ storage, clock }: StorageTrial): Promise<void> {
  for (const id of ['a', 'b', 'c']) await written(storage, articles, id)
  await storage.removeAll(articles, query())
  const before = await now(storage)
  assert.equal(before, clock() + 5)
  await storage.purge({})
  clock.set(1000)
  assert.equal(await now(storage), before)
  assert.equal((await storage.list(articles, query())).timestamp, before)
  assert.equal((await storage.count(articles, [])).timestamp, before)
}

async function refusedLeavesAlone({ storage, clock }: StorageTrial): Promise<void> {
  await written(storage, bookmarks, 'a', { url: 'u' }, { timestamp: 500 })
  await written(storage, bookmarks, 'b')
  const before = await storage.timestamp(bookmarks)
  clock.advance(10_000)
  const outcomes = [
    await put(storage, bookmarks, 'a', {}, { condition: { kind: 'absent' } }),
    await put(storage, bookmarks, 'x', {}, { condition: { kind: 'present' } }),
    await put(storage, bookmarks, 'a', {}, { condition: { kind: 'timestamp', timestamp: 1 } }),
    await put(storage, bookmarks, 'c', { url: 'u' }),
    await put(storage, bookmarks, 'c', {}, { timestamp: 500 }),
    await remove(storage, bookmarks, 'x'),
    await remove(storage, bookmarks, 'a', { condition: { kind: 'timestamp', timestamp: 1 } }),
    await storage.removeAll(bookmarks, query(), { ifTimestamp: 1 }),
  ]
  assert.deepEqual(tally(outcomes), { refused: 6, duplicate: 1, 'timestamp-taken': 1 })
  assert.equal(await storage.timestamp(bookmarks), before)
  assert.equal((await storage.count(bookmarks, [])).total, 2)
}

/** S2 to S6. */
export const timestampTests: readonly StorageTest[] = [
  storageTest('S2 R9.2: a write stamps now, or one more than the collection has', strictlyIncreasing),
  storageTest('S2 R9.2: timestamps increase when the clock goes backwards', clockGoesBack),
  storageTest('S2 R9.1: of many writes at once each has its own timestamp', manyAtOnce),
  storageTest('S2: each collection has its own timestamps', eachItsOwn),
  storageTest('S3 R5.40: a chosen timestamp greater than that of the collection becomes its timestamp', chosenGreater),
  storageTest('S3 R5.40: a chosen timestamp equal to that of the collection is replaced', chosenEqual),
  storageTest('S3 R5.40: a chosen timestamp in the past is used and leaves the collection alone', chosenLower),
  storageTest('S3 R5.40: in a collection that never had a timestamp the chosen one is used', chosenFirst),
  storageTest('S4 R5.39 R5.31: a chosen timestamp not greater than that of the record is ignored', notGreaterThanOwn),
  storageTest('S5 R5.42: a chosen timestamp of another record or tombstone is refused', taken),
  storageTest('S5 R5.42: of many that choose the same timestamp at once one gets it', takenAtOnce),
  storageTest('S6 R9.3: the collection timestamp survives the removal of everything', survivesRemoval),
  storageTest('S6 R9.6: a refused write leaves the collection timestamp alone', refusedLeavesAlone),
]
