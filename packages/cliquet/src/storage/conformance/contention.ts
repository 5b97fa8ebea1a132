import assert from 'node:assert/strict'
import { BackendError } from '../../errors/backend-error.ts'
import { parseObject } from '../../primitives/json.ts'
import type { Collection, Condition, Storage, StorageSession } from '../contract.ts'
import { insisted } from './insistence.ts'
import { articles, bookmarks, put, transacted, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

/** Adds one to a counter by conditional puts; a session that is refused looks again and sees the counter that was in its way. */
async function increment(session: StorageSession, collection: Collection): Promise<void> {
  for (const _ of upTo(100)) {
    const current = await session.get(collection, 'counter')
    const n = Number(parseObject(current?.body ?? '{"n":0}').n)
    const condition: Condition = current ? { kind: 'timestamp', timestamp: current.timestamp } : { kind: 'absent' }
    const { outcome } = await put(session, collection, 'counter', { n: n + 1 }, { condition })
    if (outcome !== 'refused') return
  }
  assert.fail('a session should see what refused it')
}

async function counted(storage: Storage, collection: Collection): Promise<unknown> {
  return parseObject((await storage.get(collection, 'counter'))?.body ?? '{}').n
}

/** Transactions over two collections, half of them in the other order, beside single writes. */
async function counters(handles: readonly Storage[]): Promise<void> {
  await Promise.all(
    upTo(6).map(async (worker) => {
      const storage = handles[worker % handles.length]
      assert.ok(storage)
      const [first, then] = worker % 4 < 2 ? [articles, bookmarks] : [bookmarks, articles]
      for (const _ of upTo(6)) {
        const both = async (session: StorageSession): Promise<void> => {
          await increment(session, first)
          await new Promise((resolve) => setImmediate(resolve))
          await increment(session, then)
        }
        await insisted(() => transacted(storage, both))
        await insisted(() => increment(storage, then))
      }
    }),
  )
  for (const storage of handles) {
    assert.deepEqual([await counted(storage, articles), await counted(storage, bookmarks)], [36 + 12, 36 + 24])
  }
}

/** Whether it ended well or with a `BackendError`; anything else is thrown. */
async function settled(work: Promise<unknown>): Promise<'done' | 'failed'> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (error instanceof BackendError) return 'failed'
    throw error
  }
}

async function waitsAreBounded({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a', { n: 0 })
  const open = await storage.begin({ timeout: 3000 })
  await written(storage.within(open), articles, 'a', { n: 1 })
  const singles = upTo(3).map((i) => settled(put(storage, articles, 'a', { n: 10 + i })))
  const whole = settled(transacted(storage, (session) => written(session, articles, 'a', { n: 20 })))
  assert.equal((await storage.get(articles, 'a'))?.id, 'a', 'reading goes on')
  const outcomes = await Promise.all([...singles, whole])
  const late = await settled(open.commit())
  const { body } = (await storage.get(articles, 'a')) ?? assert.fail('the record should be there')
  const n = Number(parseObject(body).n)
  if (outcomes.every((outcome) => outcome === 'failed') && late === 'done') assert.equal(n, 1, 'who failed wrote nothing')
  await written(storage, articles, 'a', { n: 30 })
  await transacted(storage, (session) => written(session, articles, 'a', { n: 31 }))
}

async function manyAtOnce({ storage }: StorageTrial): Promise<void> {
  const writing = upTo(20).map((i) =>
    i % 2
      ? insisted(() => written(storage, articles, `single${i}`))
      : insisted(() => transacted(storage, (session) => written(session, articles, `both${i}`))),
  )
  const records = await Promise.all(writing)
  assert.equal(new Set(records.map(({ timestamp }) => timestamp)).size, 20)
  assert.equal((await storage.count(articles, [])).total, 20)
}

async function conditionsCompete({ storage }: StorageTrial): Promise<void> {
  const { timestamp } = await written(storage, articles, 'a')
  const condition = { kind: 'timestamp', timestamp } as const
  const outcomes = await Promise.all(
    upTo(16).map((i) => {
      const write = (session: StorageSession) => put(session, articles, 'a', { i }, { condition })
      return insisted(() => (i % 2 ? write(storage) : transacted(storage, write)))
    }),
  )
  assert.equal(outcomes.filter(({ outcome }) => outcome === 'replaced').length, 1)
}

/** S35. */
export const contentionTests: readonly StorageTest[] = [
  storageTest('S35: transactions and single writes at once are all done', manyAtOnce),
  storageTest('S35 S10 R6.10: of transactions and single writes with the same condition exactly one succeeds', conditionsCompete),
  storageTest('S35: counters kept by transactions that take them in different orders lose nothing', ({ storage }) => counters([storage])),
  storageTest(
    'S35: counters kept by transactions of two handles lose nothing',
    async ({ storage, openSecond }) => counters([storage, await openSecond()]),
    'openSecond',
  ),
  storageTest('S35: nobody waits for ever for a transaction', waitsAreBounded),
]
