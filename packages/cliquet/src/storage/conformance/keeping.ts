import assert from 'node:assert/strict'
import { BackendError } from '../../errors/backend-error.ts'
import type { Collection } from '../contract.ts'
import { articles, bookmarks, idsOf, put, query, remove, removed, tombstonesToo, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { declarations, storageTest } from './trial.ts'

const bobs: Collection = { parentId: 'bob', resource: 'article' }

/** Four collections, each with the live record `live` and the tombstones d0, d1, d2. */
async function fill({ storage, clock }: StorageTrial): Promise<readonly number[]> {
  for (const collection of [articles, bookmarks, bobs]) {
    await written(storage, collection, 'live')
    for (const i of upTo(3)) await written(storage, collection, `d${i}`)
  }
  clock.advance(1000)
  const stamps: number[] = []
  for (const i of upTo(3)) {
    for (const collection of [articles, bookmarks, bobs]) stamps.push((await removed(storage, collection, `d${i}`)).timestamp)
    clock.advance(1000)
  }
  return stamps
}

const dead = async ({ storage }: StorageTrial, collection: Collection): Promise<readonly string[]> =>
  [...(await idsOf(storage, collection, { filters: tombstonesToo }))].filter((id) => id !== 'live').sort()

async function purgesAll(trial: StorageTrial): Promise<void> {
  const { storage, clock } = trial
  await fill(trial)
  const before = await Promise.all([articles, bookmarks, bobs].map((collection) => storage.timestamp(collection)))
  assert.equal(await storage.purge({}), 9)
  for (const collection of [articles, bookmarks, bobs])
    assert.deepEqual(await idsOf(storage, collection, { filters: tombstonesToo }), ['live'])
  assert.equal(await storage.purge({}), 0)
  clock.set(1000)
  assert.deepEqual(await Promise.all([articles, bookmarks, bobs].map((collection) => storage.timestamp(collection))), before)
}

async function purgesSome(trial: StorageTrial): Promise<void> {
  const { storage } = trial
  const stamps = await fill(trial)
  assert.equal(await storage.purge({ resource: 'bookmark', before: stamps[4] }), 1, 'older, exclusive')
  assert.deepEqual(await dead(trial, bookmarks), ['d1', 'd2'])
  assert.equal(await storage.purge({ parentId: 'bob', keep: 1 }), 2, 'all but the newest')
  assert.deepEqual(await dead(trial, bobs), ['d2'])
  assert.deepEqual(await dead(trial, articles), ['d0', 'd1', 'd2'])
  assert.equal(await storage.purge({ before: stamps[8], keep: 2 }), 1, 'both conditions hold')
  assert.deepEqual(await dead(trial, articles), ['d1', 'd2'])
  assert.deepEqual(await dead(trial, bookmarks), ['d1', 'd2'])
  assert.equal(await storage.purge({ keep: 0, before: 1 }), 0)
  assert.equal(await storage.purge({ resource: 'article', parentId: 'alice' }), 2)
  assert.deepEqual(await dead(trial, articles), [])
  assert.deepEqual(await dead(trial, bobs), ['d2'])
  assert.equal(await storage.purge({ resource: 'unknown' }), 0)
}

async function purgedMayReturn(trial: StorageTrial): Promise<void> {
  const { storage } = trial
  await fill(trial)
  const before = await storage.timestamp(articles)
  await storage.purge({})
  assert.equal((await put(storage, articles, 'd0', {}, { condition: { kind: 'absent' }, timestamp: before - 1 })).outcome, 'created')
  assert.equal((await remove(storage, articles, 'd1')).outcome, 'refused')
}

async function forgetsTimestamps({ storage, clock }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a')
  await removed(storage, articles, 'a')
  const { timestamp } = await written(storage, bookmarks, 'live')
  const bobsTime = await storage.timestamp(bobs)
  await storage.purge({ parentId: 'alice', keep: 5 })
  await storage.purge({ parentId: 'alice', before: clock() + 5000 })
  clock.advance(-100_000)
  assert.ok((await storage.timestamp(articles)) > clock(), 'with before or keep the timestamps stay')
  await storage.purge({ parentId: 'alice' })
  assert.equal(await storage.timestamp(articles), clock(), 'a collection without live records starts anew')
  assert.equal(await storage.timestamp(bookmarks), timestamp, 'one with live records goes on')
  assert.equal(await storage.timestamp(bobs), bobsTime, 'another parent goes on')
}

async function flushes(trial: StorageTrial): Promise<void> {
  const { storage, clock } = trial
  await fill(trial)
  await written(storage, bookmarks, 'b', { url: 'u' })
  await storage.flush()
  clock.advance(-100_000)
  for (const collection of [articles, bookmarks, bobs]) {
    assert.deepEqual(await idsOf(storage, collection, { filters: tombstonesToo }), [])
    assert.deepEqual(await storage.count(collection, []), { total: 0, timestamp: clock() })
  }
  assert.equal(await storage.get(articles, 'live'), undefined)
  assert.equal((await put(storage, bookmarks, 'a', { url: 'u' })).outcome, 'created', 'unique values are free again')
}

async function survives({ storage, reopen, clock }: StorageTrial): Promise<void> {
  const record = await written(storage, articles, 'a', { title: 'A', nested: { b: 1 } })
  await written(storage, articles, 'gone')
  const { timestamp } = await removed(storage, articles, 'gone')
  const owner = await written(storage, bookmarks, 'b', { url: 'u' })
  await written(storage, bobs, 'x')
  await removed(storage, bobs, 'x')
  await storage.purge({ resource: 'article', before: clock() + 60_000 })
  const fixed = await storage.timestamp({ parentId: 'carol', resource: 'article' })
  const bobsTime = await storage.timestamp(bobs)
  const again = await reopen()
  clock.advance(-3_600_000)
  assert.deepEqual(await again.get(articles, 'a'), record)
  assert.equal(await again.timestamp(articles), timestamp)
  assert.equal(await again.timestamp(bobs), bobsTime, 'the timestamp of an empty collection')
  assert.equal(await again.timestamp({ parentId: 'carol', resource: 'article' }), fixed, 'the timestamp of a collection that was only read')
  assert.deepEqual(await put(again, bookmarks, 'c', { url: 'u' }), { outcome: 'duplicate', field: 'url', existing: owner })
  assert.equal((await again.count(articles, [])).total, 1)
  assert.equal((await written(again, articles, 'b')).timestamp, timestamp + 1)
}

async function checks({ storage, clock }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a')
  const before = await storage.timestamp(articles)
  clock.advance(1000)
  assert.equal(await storage.check({ readonly: false }), true)
  assert.equal(await storage.check({ readonly: true }), true)
  assert.equal(await storage.timestamp(articles), before)
  assert.deepEqual(await idsOf(storage, articles, { filters: tombstonesToo }), ['a'])
  assert.equal(await storage.purge({}), 0, 'no tombstone is left of the private item')
  assert.deepEqual(
    await Promise.all(upTo(8).map(() => storage.check({ readonly: false }))),
    upTo(8).map(() => true),
  )
}

/** What keeps the process running, by kind. */
function running(): Readonly<Record<string, number>> {
  const kinds: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1
  return kinds
}

async function closes({ open }: StorageTrial): Promise<void> {
  const before = running()
  const storage = await open()
  await storage.prepare(declarations)
  await written(storage, { parentId: 'carol', resource: 'article' }, 'a')
  await storage.list({ parentId: 'carol', resource: 'article' }, query())
  await storage.close()
  await storage.close()
  const left = () => Object.entries(running()).filter(([kind, n]) => kind !== 'Timeout' && kind !== 'Immediate' && n > (before[kind] ?? 0))
  for (let wait = 0; wait < 40 && left().length > 0; wait += 1) await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(left(), [], 'nothing keeps the process running')
}

async function fails(trial: StorageTrial): Promise<void> {
  const { storage } = trial
  const record = await written(storage, articles, 'a', { n: 1 })
  await trial.break()
  const writes = [
    () => put(storage, articles, 'a', { n: 2 }),
    () => put(storage, articles, 'b', { n: 2 }),
    () => remove(storage, articles, 'a'),
    () => storage.removeAll(articles, query()),
    () => storage.purge({}),
  ]
  const reads = [() => storage.get(articles, 'a'), () => storage.list(articles, query()), () => storage.count(articles, [])]
  for (const write of writes) await assert.rejects(write(), BackendError)
  for (const result of await Promise.allSettled(writes.map((write) => write())))
    assert.equal(result.status, 'rejected', 'also many at once')
  for (const result of await Promise.allSettled(reads.map((read) => read()))) {
    if (result.status === 'rejected') assert.ok(result.reason instanceof BackendError, 'a read works or fails with a BackendError')
  }
  assert.equal(await storage.check({ readonly: false }), false)
  await trial.mend()
  assert.deepEqual(await storage.get(articles, 'a'), record, 'nothing was written, and the next call works')
  assert.equal((await storage.count(articles, [])).total, 1)
  assert.equal(
    (await put(storage, articles, 'a', { n: 2 }, { condition: { kind: 'timestamp', timestamp: record.timestamp } })).outcome,
    'replaced',
  )
  assert.equal(await storage.check({ readonly: false }), true)
}

/** S23 to S25, S27, S28 and S30. */
export const keepingTests: readonly StorageTest[] = [
  storageTest('S23 R9.9: purging takes the tombstones and nothing else', purgesAll),
  storageTest('S23 R9.9: purging is limited by resource, parent, age and number', purgesSome),
  storageTest('S23 R9.9: what was purged may be created again, also at its old timestamp', purgedMayReturn),
  storageTest('S23 R9.9: purging a whole parent forgets the timestamps of its empty collections', forgetsTimestamps),
  storageTest('S24: flushing removes every record, tombstone and timestamp', flushes),
  storageTest('S25 R9.3: what was acknowledged survives a restart', survives, 'reopen'),
  storageTest('S27 R2.5: a check works and nobody sees it', checks),
  storageTest('S28: after closing nothing is left open, and closing again does nothing', closes),
  storageTest('S30: a failure is a BackendError, and the next call works as soon as the backend does', fails, 'break'),
]
