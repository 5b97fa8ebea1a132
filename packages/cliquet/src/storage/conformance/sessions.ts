import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { BackendError } from '../../errors/backend-error.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { StorageSession } from '../contract.ts'
import { articles, bookmarks, filter, idsOf, put, query, remove, removed, tombstonesToo, transacted, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

async function seesOwnWrites({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'old', { n: 0 })
  const seen = await transacted(storage, async (session) => {
    const record = await written(session, articles, 'new', { n: 1 })
    assert.deepEqual(await session.get(articles, 'new'), record)
    assert.deepEqual(await idsOf(session, articles), ['new', 'old'])
    assert.deepEqual(await idsOf(session, articles, { filters: [filter('n', 'min', 1)] }), ['new'])
    assert.deepEqual(await session.count(articles, []), { total: 2, timestamp: record.timestamp })
    assert.equal((await session.count(articles, [filter('n', 'lt', 1)])).total, 1)
    assert.equal(await session.timestamp(articles), record.timestamp)
    await removed(session, articles, 'old')
    assert.equal(await session.get(articles, 'old'), undefined)
    assert.deepEqual(await idsOf(session, articles, { filters: tombstonesToo }), ['old', 'new'])
    assert.equal((await put(session, articles, 'old', { n: 2 })).outcome, 'created')
    assert.equal((await session.removeAll(articles, query({ filters: [filter('n', 'eq', 1)] }))).outcome, 'removed')
    assert.equal((await session.count(articles, [])).total, 1)
    return await session.list(articles, query({ filters: tombstonesToo }))
  })
  assert.deepEqual(await storage.list(articles, query({ filters: tombstonesToo })), seen, 'what the session saw last is what was committed')
}

async function decidesConditions({ storage }: StorageTrial): Promise<void> {
  const committed = await written(storage, articles, 'a')
  await transacted(storage, async (session) => {
    assert.equal((await put(session, articles, 'b', {}, { condition: { kind: 'absent' } })).outcome, 'created')
    assert.equal((await put(session, articles, 'b', {}, { condition: { kind: 'absent' } })).outcome, 'refused')
    const condition = { kind: 'timestamp', timestamp: committed.timestamp } as const
    const replaced = await put(session, articles, 'a', { n: 1 }, { condition })
    assert.ok(replaced.outcome === 'replaced')
    assert.deepEqual(replaced.previous, committed)
    const refused = { outcome: 'refused', current: replaced.record, timestamp: replaced.record.timestamp }
    assert.deepEqual(await put(session, articles, 'a', { n: 2 }, { condition }), refused)
    assert.deepEqual(await remove(session, articles, 'a', { condition }), refused)
    await removed(session, articles, 'a', { condition: { kind: 'timestamp', timestamp: replaced.record.timestamp } })
    assert.equal((await put(session, articles, 'a', {}, { condition: { kind: 'present' } })).outcome, 'refused')
    const ifTimestamp = await session.timestamp(articles)
    assert.equal((await session.removeAll(articles, query(), { ifTimestamp: ifTimestamp - 1 })).outcome, 'refused')
    assert.equal((await session.removeAll(articles, query(), { ifTimestamp })).outcome, 'removed')
  })
  assert.deepEqual(await idsOf(storage, articles), [])
}

async function keepsUnique({ storage }: StorageTrial): Promise<void> {
  const owner = await written(storage, bookmarks, 'b', { url: 'u' }, { timestamp: 500 })
  await transacted(storage, async (session) => {
    assert.deepEqual(await put(session, bookmarks, 'c', { url: 'u' }), { outcome: 'duplicate', field: 'url', existing: owner })
    const own = await written(session, bookmarks, 'c', { url: 'v' })
    assert.deepEqual(await put(session, bookmarks, 'd', { url: 'v' }), { outcome: 'duplicate', field: 'url', existing: own })
    assert.equal((await put(session, bookmarks, 'd', {}, { timestamp: 500 })).outcome, 'timestamp-taken')
    await written(session, bookmarks, 'd', {}, { timestamp: 400 })
    assert.equal((await put(session, bookmarks, 'e', {}, { timestamp: 400 })).outcome, 'timestamp-taken')
    await removed(session, bookmarks, 'b')
    await written(session, bookmarks, 'e', { url: 'u' })
  })
  assert.deepEqual(await idsOf(storage, bookmarks, { filters: [filter('url', 'eq', 'u')] }), ['e'])
  assert.equal((await put(storage, bookmarks, 'f', { url: 'v' })).outcome, 'duplicate')
}

async function stamps({ storage, clock }: StorageTrial): Promise<void> {
  const { timestamp } = await written(storage, articles, 'a')
  await transacted(storage, async (session) => {
    assert.equal((await written(session, articles, 'b')).timestamp, timestamp + 1)
    clock.advance(-60_000)
    assert.equal((await removed(session, articles, 'b')).timestamp, timestamp + 2)
    clock.advance(120_000)
    assert.equal((await written(session, articles, 'c')).timestamp, clock())
    assert.equal(await session.timestamp({ parentId: 'carol', resource: 'article' }), clock(), 'S14')
  })
  assert.equal(await storage.timestamp(articles), clock())
}

async function staysUsable({ storage }: StorageTrial): Promise<void> {
  await written(storage, bookmarks, 'b', { url: 'u' }, { timestamp: 500 })
  const { timestamp } = await written(storage, bookmarks, 'old')
  await transacted(storage, async (session) => {
    const foreign = { join: [{ database: {} }] }
    const attempts = [
      () => put(session, bookmarks, 'b', { n: 1 }, { condition: { kind: 'absent' } }),
      () => put(session, bookmarks, 'c', { url: 'u' }),
      () => put(session, bookmarks, 'c', {}, { timestamp: 500 }),
      () => remove(session, bookmarks, 'b', { condition: { kind: 'timestamp', timestamp: 1 } }),
      () => session.removeAll(bookmarks, query(), { ifTimestamp: 1 }),
      () => assert.rejects(put(session, bookmarks, 'c', {}, foreign)),
      () => assert.rejects(remove(session, bookmarks, 'b', foreign)),
      () => assert.rejects(session.removeAll(bookmarks, query(), foreign)),
    ]
    for (const [i, attempt] of attempts.entries()) {
      await attempt()
      assert.equal((await written(session, bookmarks, `good${i}`)).timestamp, timestamp + i + 1, 'what wrote nothing left no timestamp out')
    }
  })
  const good = [...Array(8).keys()].map((i) => `good${i}`)
  assert.deepEqual((await idsOf(storage, bookmarks)).toSorted(), ['b', ...good, 'old'])
}

/** Every call fails, the commit too; the rollback does nothing. */
async function assertEnded(session: StorageSession, transaction: Transaction): Promise<void> {
  const calls = [
    () => session.get(articles, 'a'),
    () => session.timestamp(articles),
    () => session.list(articles, query()),
    () => session.count(articles, []),
    () => put(session, articles, 'late', {}),
    () => remove(session, articles, 'a'),
    () => session.removeAll(articles, query()),
    () => transaction.commit(),
  ]
  for (const call of calls) await assert.rejects(call(), BackendError)
  await transaction.rollback()
}

async function ends({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a')
  for (const end of ['commit', 'rollback'] as const) {
    const transaction = await storage.begin()
    const session = storage.within(transaction)
    await session.get(articles, 'a')
    await transaction[end]()
    await assertEnded(session, transaction)
    assert.deepEqual(await idsOf(storage, articles), ['a'], 'nothing was written too late')
  }
}

async function timesOut({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a')
  const transaction = await storage.begin({ timeout: 100 })
  const session = storage.within(transaction)
  await written(session, articles, 'b')
  await sleep(400)
  await assertEnded(session, transaction)
  assert.equal((await put(storage, articles, 'a', { n: 1 })).outcome, 'replaced', 'others can write again')
  await transacted(storage, (next) => written(next, articles, 'c'))
}

async function refusesForeign({ storage }: StorageTrial): Promise<void> {
  const foreign: Transaction = { database: {}, commit: async () => {}, rollback: async () => {} }
  assert.throws(() => storage.within(foreign), BackendError)
}

async function failsToBegin({ storage, ...trial }: StorageTrial): Promise<void> {
  const record = await written(storage, articles, 'a')
  await trial.break()
  await assert.rejects(
    transacted(storage, (session) => written(session, articles, 'a', { n: 1 })),
    BackendError,
  )
  await trial.mend()
  assert.deepEqual(await storage.get(articles, 'a'), record)
  await transacted(storage, (session) => written(session, articles, 'a', { n: 2 }))
  assert.equal((await storage.get(articles, 'a'))?.body, '{"n":2}')
}

/** S31 and S34. */
export const sessionTests: readonly StorageTest[] = [
  storageTest('S31 R11.11: a session sees what it wrote', seesOwnWrites),
  storageTest('S31 R6.11: conditions are decided against what the session wrote', decidesConditions),
  storageTest(
    'S31 R5.44 R5.42: unique fields and chosen timestamps hold against what was committed and what the session wrote',
    keepsUnique,
  ),
  storageTest('S31 R9.2: timestamps in a session are those that single writes would get', stamps),
  storageTest('S34: what is refused or fails leaves the session usable', staysUsable),
  storageTest('S34: after its end nothing can be done in a transaction', ends),
  storageTest('S34: a transaction ends when its time is over, and others can write again', timesOut),
  storageTest('S34: a transaction of another database is refused', refusesForeign),
  storageTest('S30 S34: a transaction that the backend fails is a BackendError, and the next one works', failsToBegin, 'break'),
]
