import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonObject } from '../../primitives/json.ts'
import type { Collection, Storage, StorageSession } from '../contract.ts'
import { insisted } from './insistence.ts'
import { articles, bookmarks, filter, idsOf, itemsOf, put, query, removed, tombstonesToo, transacted, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

const carols: Collection = { parentId: 'carol', resource: 'article' }

/** All that can be seen of the two collections. */
async function traceOf(storage: StorageSession) {
  const parts = [articles, bookmarks].map(async (collection) => ({
    page: await storage.list(collection, query({ filters: tombstonesToo })),
    live: await storage.list(collection, query()),
    count: await storage.count(collection, []),
    timestamp: await storage.timestamp(collection),
    record: await storage.get(collection, 'a'),
  }))
  return await Promise.all(parts)
}

async function seed(storage: Storage): Promise<void> {
  for (const id of ['a', 'b', 'c']) await written(storage, articles, id, { id })
  await removed(storage, articles, 'c')
  await written(storage, bookmarks, 'a', { url: 'taken' })
}

/** Changes whatever a session can change. */
async function disturb(session: StorageSession, future: number): Promise<void> {
  await written(session, articles, 'new', { n: 1 })
  await written(session, articles, 'a', { n: 2 })
  await removed(session, articles, 'b')
  await written(session, articles, 'c', { n: 3 })
  await written(session, articles, 'old', {}, { timestamp: 7 })
  await written(session, articles, 'future', {}, { timestamp: future })
  await removed(session, bookmarks, 'a')
  await written(session, bookmarks, 'b', { url: 'taken', 'short-name': 'new' })
  await session.removeAll(articles, query({ limit: 2 }))
}

async function invisible(storage: Storage, reader: Storage): Promise<void> {
  await seed(storage)
  const before = await traceOf(reader)
  const transaction = await storage.begin()
  await disturb(storage.within(transaction), Date.now() + 86_400_000)
  assert.deepEqual(await traceOf(reader), before, 'before the commit')
  assert.equal(await reader.get(articles, 'new'), undefined)
  await transaction.commit()
  assert.equal((await reader.get(articles, 'new'))?.body, '{"n":1}')
}

async function noTrace({ storage, clock }: StorageTrial): Promise<void> {
  await seed(storage)
  const before = await traceOf(storage)
  const future = clock() + 86_400_000
  for (const _ of upTo(2)) {
    const transaction = await storage.begin()
    await disturb(storage.within(transaction), future)
    await transaction.rollback()
    await transaction.rollback()
    assert.deepEqual(await traceOf(storage), before)
  }
  const last = await storage.timestamp(articles)
  assert.equal((await written(storage, articles, 'new')).timestamp, Math.max(clock(), last + 1), 'no timestamp was used up')
  assert.equal((await written(storage, articles, 'x', {}, { timestamp: 7 })).timestamp, 7)
  assert.equal((await written(storage, articles, 'y', {}, { timestamp: future })).timestamp, future)
  assert.equal((await put(storage, bookmarks, 'c', { url: 'taken' })).outcome, 'duplicate')
  await written(storage, bookmarks, 'c', { 'short-name': 'new' })
}

async function noTraceOfReads({ storage, clock }: StorageTrial): Promise<void> {
  const transaction = await storage.begin()
  const session = storage.within(transaction)
  const fixed = await session.timestamp(carols)
  assert.equal(fixed, clock())
  assert.equal((await session.list(articles, query())).timestamp, fixed)
  await put(session, bookmarks, 'a', {}, { condition: { kind: 'present' } })
  await transaction.rollback()
  clock.advance(1000)
  for (const collection of [carols, articles, bookmarks]) assert.equal(await storage.timestamp(collection), clock())
}

async function noTraceAfterTimeOut({ storage }: StorageTrial): Promise<void> {
  await seed(storage)
  const before = await traceOf(storage)
  const transaction = await storage.begin({ timeout: 500 })
  await disturb(storage.within(transaction), Date.now() + 86_400_000)
  await sleep(900)
  assert.deepEqual(await traceOf(storage), before)
  await assert.rejects(transaction.commit())
  assert.deepEqual(await traceOf(storage), before)
}

async function commits({ storage }: StorageTrial): Promise<void> {
  await seed(storage)
  const transaction = await storage.begin()
  const session = storage.within(transaction)
  await disturb(session, Date.now() + 86_400_000)
  const seen = await traceOf(session)
  await transaction.commit()
  await transaction.rollback()
  assert.deepEqual(await traceOf(storage), seen)
  await transacted(storage, async () => {})
  assert.deepEqual(await traceOf(storage), seen, 'a transaction without writes changes nothing')
}

async function survives({ storage, clock, reopen }: StorageTrial): Promise<void> {
  await transacted(storage, async (session) => {
    await written(session, articles, 'a')
    await written(session, bookmarks, 'b', { url: 'u' })
    await session.timestamp(carols)
  })
  const before = await traceOf(storage)
  const again = await reopen()
  clock.advance(1000)
  assert.deepEqual(await traceOf(again), before)
  assert.equal(await again.timestamp(carols), clock() - 1000)
}

async function ordered({ storage, clock }: StorageTrial): Promise<void> {
  let last = 0
  for (const i of upTo(12)) {
    const { timestamp } =
      i % 2 ? await written(storage, articles, `r${i}`) : await transacted(storage, (session) => written(session, articles, `r${i}`))
    assert.ok(timestamp > last, `${timestamp} should be greater than ${last}`)
    last = timestamp
    clock.advance(i % 3 ? -500 : 700)
  }
}

/** Transactions that write two records each, beside single writes and a client that polls with `_since`. */
async function pollerSeesWhole(writers: readonly Storage[], reader: Storage): Promise<void> {
  const copy = new Map<string, JsonObject>()
  let since = -1
  async function poll(): Promise<void> {
    const page = await insisted(() => reader.list(articles, query({ filters: [filter('last_modified', 'gt', since)] })))
    for (const item of itemsOf(page)) copy.set(String(item.id), item)
    since = Math.max(since, page.timestamp)
    for (const id of copy.keys()) if (id.startsWith('first')) assert.ok(copy.has(id.replace('first', 'second')), 'both or none')
  }
  async function write(writer: Storage, lane: number): Promise<void> {
    for (const i of upTo(8)) {
      await insisted(() =>
        transacted(writer, async (session) => {
          await written(session, articles, `first${lane}-${i}`)
          await new Promise((resolve) => setImmediate(resolve))
          await written(session, articles, `second${lane}-${i}`)
        }),
      )
      await insisted(() => written(writer, articles, `single${lane}-${i}`))
    }
  }
  let writing = true
  const all = Promise.all(writers.map(write)).finally(() => {
    writing = false
  })
  while (writing) {
    await poll()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await all
  await poll()
  assert.deepEqual([...copy.keys()].sort(), [...(await idsOf(reader, articles))].sort())
  assert.equal(copy.size, writers.length * 24)
}

async function secondPolls({ storage, openSecond }: StorageTrial): Promise<void> {
  const second = await openSecond()
  await pollerSeesWhole([storage, second, storage], second)
}

/** S32 and S33. */
export const transactionTests: readonly StorageTest[] = [
  storageTest('S32 R11.15: nobody sees what a transaction wrote before its commit', ({ storage }) => invisible(storage, storage)),
  storageTest(
    'S32 R11.15: a second handle sees nothing of a transaction before its commit',
    async ({ storage, openSecond }) => invisible(storage, await openSecond()),
    'openSecond',
  ),
  storageTest('S32 R9.7: a rollback leaves no trace', noTrace),
  storageTest('S32 R9.7: a rollback leaves no trace of timestamps that reads fixed', noTraceOfReads),
  storageTest('S32 S34: a transaction that takes too long leaves no trace', noTraceAfterTimeOut),
  storageTest('S33: after the commit everything is as the session saw it', commits),
  storageTest('S33 S25: what was committed survives a restart', survives, 'reopen'),
  storageTest('S33 R9.1: timestamps increase in the order of commits', ordered),
  storageTest('S32 S33 R9.4: a client that polls sees the whole of each transaction', ({ storage }) =>
    pollerSeesWhole([storage, storage, storage], storage),
  ),
  storageTest('S32 S33 R9.4: a client that polls through a second handle sees the whole of each transaction', secondPolls, 'openSecond'),
]
