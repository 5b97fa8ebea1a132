import assert from 'node:assert/strict'
import { parseObject } from '../../primitives/json.ts'
import type { Condition, Storage } from '../contract.ts'
import { articles, put, query, remove, removed, tally, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

const at = (timestamp: number): Condition => ({ kind: 'timestamp', timestamp })

async function conditionsOfPut({ storage }: StorageTrial): Promise<void> {
  const created = await put(storage, articles, 'a', { n: 1 }, { condition: { kind: 'absent' } })
  assert.equal(created.outcome, 'created')
  const previous = await storage.get(articles, 'a')
  assert.ok(previous)
  const refused = { outcome: 'refused', current: previous, timestamp: previous.timestamp }
  assert.deepEqual(await put(storage, articles, 'a', { n: 2 }, { condition: { kind: 'absent' } }), refused)
  assert.deepEqual(await put(storage, articles, 'a', { n: 2 }, { condition: at(previous.timestamp - 1) }), refused, 'older')
  assert.deepEqual(await put(storage, articles, 'a', { n: 2 }, { condition: at(previous.timestamp + 1) }), refused, 'R6.7: newer')
  assert.deepEqual(await storage.get(articles, 'a'), previous)
  const replaced = await put(storage, articles, 'a', { n: 2 }, { condition: at(previous.timestamp) })
  assert.ok(replaced.outcome === 'replaced')
  assert.deepEqual(replaced.previous, previous)
  assert.equal((await put(storage, articles, 'a', { n: 3 }, { condition: { kind: 'present' } })).outcome, 'replaced')
  assert.equal((await put(storage, articles, 'a', { n: 4 })).outcome, 'replaced')
  assert.equal((await put(storage, articles, 'b', {}, { condition: { kind: 'present' } })).outcome, 'refused')
  assert.equal((await put(storage, articles, 'b', {}, { condition: at(previous.timestamp) })).outcome, 'refused')
  assert.equal((await put(storage, articles, 'zero', {}, { condition: at(0) })).outcome, 'refused')
}

async function conditionsOfRemoval({ storage }: StorageTrial): Promise<void> {
  const record = await written(storage, articles, 'a')
  const { timestamp } = await written(storage, articles, 'b')
  const refused = { outcome: 'refused', current: record, timestamp }
  assert.deepEqual(await remove(storage, articles, 'a', { condition: at(timestamp) }), refused)
  assert.deepEqual(await remove(storage, articles, 'a', { condition: { kind: 'absent' } }), refused)
  await removed(storage, articles, 'a', { condition: at(record.timestamp) })
  await removed(storage, articles, 'b', { condition: { kind: 'present' } })
}

async function oneReplaces({ storage }: StorageTrial): Promise<void> {
  for (const round of upTo(5)) {
    const { timestamp } = await written(storage, articles, 'a', { round })
    const outcomes = await Promise.all(upTo(20).map((i) => put(storage, articles, 'a', { i }, { condition: at(timestamp) })))
    assert.deepEqual(tally(outcomes), { replaced: 1, refused: 19 })
    const winner = outcomes.find(({ outcome }) => outcome === 'replaced')
    assert.deepEqual(await storage.get(articles, 'a'), winner && 'record' in winner ? winner.record : undefined)
  }
}

async function oneCreates({ storage }: StorageTrial): Promise<void> {
  for (const round of upTo(5)) {
    const condition = { kind: 'absent' } as const
    const outcomes = await Promise.all(upTo(20).map((i) => put(storage, articles, `r${round}`, { i }, { condition })))
    assert.deepEqual(tally(outcomes), { created: 1, refused: 19 })
  }
  assert.equal((await storage.count(articles, [])).total, 5)
}

async function oneRemoves({ storage }: StorageTrial): Promise<void> {
  const { timestamp } = await written(storage, articles, 'a')
  const outcomes = await Promise.all([
    ...upTo(10).map(() => remove(storage, articles, 'a', { condition: at(timestamp) })),
    ...upTo(10).map((i) => put(storage, articles, 'a', { i }, { condition: at(timestamp) })),
  ])
  const kinds = tally(outcomes)
  assert.equal((kinds.removed ?? 0) + (kinds.replaced ?? 0), 1)
  assert.equal(kinds.refused, 19)
}

/** Reads, adds one, and writes if nobody wrote in between, until it succeeds. */
async function increment(storage: Storage, id: string): Promise<void> {
  for (;;) {
    const current = await storage.get(articles, id)
    const n = Number(parseObject(current?.body ?? '{"n":0}').n)
    const condition: Condition = current ? at(current.timestamp) : { kind: 'absent' }
    const { outcome } = await put(storage, articles, id, { n: n + 1 }, { condition })
    if (outcome === 'created' || outcome === 'replaced') return
  }
}

async function counter(handles: readonly Storage[]): Promise<void> {
  await Promise.all(
    upTo(6).map(async (worker) => {
      const storage = handles[worker % handles.length]
      assert.ok(storage)
      for (const _ of upTo(10)) await increment(storage, 'counter')
    }),
  )
  const record = await handles[0]?.get(articles, 'counter')
  assert.deepEqual(parseObject(record?.body ?? '{}'), { n: 60 })
}

async function removeAllConditions({ storage }: StorageTrial): Promise<void> {
  await Promise.all(upTo(5).map((i) => written(storage, articles, `r${i}`)))
  const timestamp = await storage.timestamp(articles)
  assert.deepEqual(await storage.removeAll(articles, query(), { ifTimestamp: timestamp + 1 }), { outcome: 'refused', timestamp })
  assert.equal((await storage.count(articles, [])).total, 5)
  const outcomes = await Promise.all([
    ...upTo(8).map(() => storage.removeAll(articles, query({ limit: 2 }), { ifTimestamp: timestamp })),
    put(storage, articles, 'late', {}),
  ])
  const winners = outcomes.filter((outcome) => outcome.outcome === 'removed')
  assert.ok(winners.length <= 1, 'at most one sees the timestamp it named')
  const { total } = await storage.count(articles, [])
  assert.equal(total, 6 - 2 * winners.length)
}

async function removeAllOnce({ storage }: StorageTrial): Promise<void> {
  await Promise.all(upTo(5).map((i) => written(storage, articles, `r${i}`)))
  const ifTimestamp = await storage.timestamp(articles)
  const outcomes = await Promise.all(upTo(8).map(() => storage.removeAll(articles, query({ limit: 2 }), { ifTimestamp })))
  assert.deepEqual(tally(outcomes), { removed: 1, refused: 7 })
}

async function twoHandles({ storage, openSecond }: StorageTrial): Promise<void> {
  const second = await openSecond()
  const handles = [storage, second]
  for (const round of upTo(5)) {
    const { timestamp } = await written(storage, articles, 'a', { round })
    const outcomes = await Promise.all(
      upTo(20).map((i) => put(handles[i % 2] ?? storage, articles, 'a', { i }, { condition: at(timestamp) })),
    )
    assert.deepEqual(tally(outcomes), { replaced: 1, refused: 19 })
    assert.deepEqual(await storage.get(articles, 'a'), await second.get(articles, 'a'))
  }
  await counter(handles)
}

/** S10. */
export const conditionTests: readonly StorageTest[] = [
  storageTest('S10 R6.6: the conditions of a put', conditionsOfPut),
  storageTest('S10 R6.6: the conditions of a removal', conditionsOfRemoval),
  storageTest('S10 R6.10: of many puts with the same timestamp condition exactly one succeeds', oneReplaces),
  storageTest('S10 R6.10: of many puts that want no record exactly one succeeds', oneCreates),
  storageTest('S10 R6.10: of puts and removals with the same condition exactly one succeeds', oneRemoves),
  storageTest('S10 R6.10: a counter kept by conditional puts loses nothing', ({ storage }) => counter([storage])),
  storageTest('S10 R6.10: a removal of many decides its condition inside the write', removeAllConditions),
  storageTest('S10 R6.10: of many removals of many with the same condition exactly one succeeds', removeAllOnce),
  storageTest('S10 R6.10: two handles on the same data compete as one', twoHandles, 'openSecond'),
]
