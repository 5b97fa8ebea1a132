import assert from 'node:assert/strict'
import { storedText } from '../../primitives/json.ts'
import type { Collection, Storage } from '../contract.ts'
import type { DumpedRecord, StorageItem } from '../dump.ts'
import { insisted } from './insistence.ts'
import { articles, bookmarks, idsOf, put, query, removed, tombstonesToo, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

const strange: Collection = { parentId: `%_'"\\ *é😀`, resource: 'a/b"c' }

/** Everything that the storage holds. */
async function dumped(storage: Storage): Promise<readonly StorageItem[]> {
  const items: StorageItem[] = []
  for await (const item of storage.dump()) items.push(item)
  return items
}

async function loads(storage: Storage, items: readonly StorageItem[]): Promise<void> {
  assert.deepEqual(await storage.load(items), { outcome: 'loaded' })
}

const record = (collection: Collection, id: string, timestamp: number, fields: Parameters<typeof storedText>[0] = {}): DumpedRecord => ({
  kind: 'record',
  ...collection,
  id,
  timestamp,
  body: storedText(fields),
})

const tombstone = (collection: Collection, id: string, timestamp: number): StorageItem => ({
  kind: 'tombstone',
  ...collection,
  id,
  timestamp,
})

const stamped = (collection: Collection, timestamp: number): StorageItem => ({ kind: 'collection', ...collection, timestamp })

/** Records and tombstones of several collections, one of them longer than a page; a collection that was emptied, and one that was only read. */
async function fill({ storage, clock }: StorageTrial): Promise<void> {
  await Promise.all(upTo(700).map((i) => written(storage, articles, `a${i}`, { n: i, nested: { b: [1, null], a: 'ü\u2028' } })))
  for (const i of upTo(3)) await removed(storage, articles, `a${i}`)
  await written(storage, bookmarks, 'b', { url: 'u' })
  await written(storage, { parentId: 'bob', resource: 'article' }, 'a1')
  await written(storage, strange, `id '"%_\\ 😀`, { '': 0.1, __proto: null, text: 'a\nb' })
  clock.advance(1000)
  await written(storage, { parentId: 'carol', resource: 'article' }, 'gone')
  await storage.purge({ parentId: 'carol', before: clock() + 5000 })
  await removed(storage, { parentId: 'carol', resource: 'article' }, 'gone')
  await storage.timestamp({ parentId: 'dave', resource: 'article' })
}

/** Of which collection each item is. */
const place = ({ parentId, resource }: StorageItem): string => JSON.stringify([parentId, resource])

async function givesEverything(trial: StorageTrial): Promise<void> {
  const { storage } = trial
  await fill(trial)
  const items = await dumped(storage)
  const kinds = (kind: StorageItem['kind']) => items.filter((item) => item.kind === kind).length
  assert.deepEqual([kinds('collection'), kinds('record'), kinds('tombstone')], [6, 700, 4])
  assert.equal(new Set(items.map((item) => JSON.stringify(item))).size, items.length, 'each once')
  const runs = items.filter((item, index) => index === 0 || place(item) !== place(items[index - 1] ?? item))
  assert.equal(runs.length, 6, 'all of a collection together')
  assert.ok(
    runs.every(({ kind }) => kind === 'collection'),
    'the collection before what is in it',
  )
  for (const item of items) {
    if (item.kind === 'collection') assert.equal(await storage.timestamp(item), item.timestamp)
    else if (item.kind === 'tombstone') assert.equal(await storage.get(item, item.id), undefined)
    else assert.deepEqual(await storage.get(item, item.id), { id: item.id, timestamp: item.timestamp, body: item.body })
  }
  assert.deepEqual(await dumped(storage), items, 'in the same order again')
  await storage.flush()
  assert.deepEqual(await dumped(storage), [])
}

async function mayBeAbandoned(trial: StorageTrial): Promise<void> {
  const { storage } = trial
  await fill(trial)
  for (const _ of upTo(40)) for await (const item of storage.dump()) if (item.kind === 'record') break
  await written(storage, articles, 'new')
  assert.equal((await storage.count(articles, [])).total, 698)
  await storage.close()
}

async function isOneSnapshot(trial: StorageTrial): Promise<void> {
  const { storage, clock } = trial
  await fill(trial)
  const before = (await dumped(storage)).filter((item) => place(item) === place(stamped(articles, 0)))
  const items: StorageItem[] = []
  for await (const item of storage.dump()) {
    if (place(item) !== place(stamped(articles, 0))) continue
    items.push(item)
    if (item.kind !== 'collection') continue
    clock.advance(1000)
    await written(storage, articles, 'a500', { changed: true })
    await written(storage, articles, 'a0', { back: true })
    await written(storage, articles, 'early', {}, { timestamp: 5 })
    await removed(storage, articles, 'a600')
    await storage.purge({ resource: 'article' })
    await storage.removeAll(articles, query({ ids: ['a650', 'a651'] }))
  }
  assert.deepEqual(items, before)
}

async function keepsAll(trial: StorageTrial): Promise<void> {
  const { storage, clock } = trial
  await fill(trial)
  const items = await dumped(storage)
  const page = await storage.list(articles, query({ filters: tombstonesToo }))
  await storage.flush()
  clock.advance(-3_600_000)
  for (let start = 0; start < items.length; start += 300) await loads(storage, items.slice(start, start + 300))
  assert.deepEqual(await dumped(storage), items)
  assert.deepEqual(await storage.list(articles, query({ filters: tombstonesToo })), page)
  assert.deepEqual(await storage.count(articles, []), { total: 697, timestamp: page.timestamp })
  assert.deepEqual((await put(storage, bookmarks, 'c', { url: 'u' })).outcome, 'duplicate', 'unique values are known')
  assert.equal((await written(storage, articles, 'new')).timestamp, page.timestamp + 1, 'timestamps go on')
  assert.equal((await put(storage, articles, 'taken', {}, { timestamp: page.timestamp })).outcome, 'timestamp-taken')
}

async function replaces({ storage, clock }: StorageTrial): Promise<void> {
  clock.set(1000)
  for (const id of ['a', 'b', 'c', 'stays']) await written(storage, articles, id, { old: true })
  await removed(storage, articles, 'c')
  const list = [stamped(articles, 7), record(articles, 'a', 50, { n: 1 }), tombstone(articles, 'b', 51), record(articles, 'c', 52)]
  for (const _ of upTo(2)) {
    await loads(storage, list)
    assert.deepEqual(await storage.get(articles, 'a'), { id: 'a', timestamp: 50, body: '{"n":1}' })
    assert.deepEqual([...(await idsOf(storage, articles))].sort(), ['a', 'c', 'stays'])
    assert.deepEqual([...(await idsOf(storage, articles, { filters: tombstonesToo }))].sort(), ['a', 'b', 'c', 'stays'])
    assert.deepEqual(await storage.count(articles, []), { total: 3, timestamp: 1004 }, 'S6: the timestamp never decreases')
  }
  await loads(storage, [stamped(articles, 9000)])
  assert.deepEqual(await storage.count(articles, []), { total: 3, timestamp: 9000 })
  await loads(storage, [record(bookmarks, 'x', 70)])
  assert.deepEqual(await storage.count(bookmarks, []), { total: 1, timestamp: 70 }, 'a collection is not below what is in it')
  await loads(storage, [record(articles, 'd', 80, { n: 1 }), tombstone(articles, 'd', 81), record(articles, 'd', 82, { n: 3 })])
  assert.deepEqual(await storage.get(articles, 'd'), { id: 'd', timestamp: 82, body: '{"n":3}' }, 'of one id the last counts')
  assert.deepEqual(await storage.count(articles, []), { total: 4, timestamp: 9000 })
  await loads(storage, [])
}

async function refusesConflicts(trial: StorageTrial): Promise<void> {
  const { storage } = trial
  await loads(storage, [record(articles, 'a', 50), record(bookmarks, 'b', 60, { url: 'u', 'short-name': 's' })])
  const before = await dumped(storage)
  const fresh = record(articles, 'new', 90)
  const conflicts: [StorageItem, string][] = [
    [record(articles, 'other', 50), 'last_modified'],
    [tombstone(articles, 'other', 50), 'last_modified'],
    [record(bookmarks, 'other', 61, { url: 'u' }), 'url'],
    [record(bookmarks, 'other', 61, { url: 'v', 'short-name': 's' }), 'short-name'],
  ]
  for (const [item, field] of conflicts) {
    assert.deepEqual(await storage.load([stamped(articles, 99_000), fresh, item]), { outcome: 'conflict', position: 2, field })
    assert.deepEqual(await dumped(storage), before, 'nothing was written')
  }
  const within = [fresh, record(articles, 'newer', 91), record(articles, 'newest', 91)]
  assert.deepEqual(await storage.load(within), { outcome: 'conflict', position: 2, field: 'last_modified' })
  assert.deepEqual(await dumped(storage), before)
  await loads(storage, [record(articles, 'other', 50), record(articles, 'a', 51)])
  await loads(storage, [record(bookmarks, 'other', 61, { url: 'u' }), tombstone(bookmarks, 'b', 62)])
  assert.deepEqual(await idsOf(storage, bookmarks), ['other'], 'what is replaced is in nobody’s way')
}

async function loadsBesideWrites({ storage }: StorageTrial): Promise<void> {
  const load = (batch: number) => upTo(50).map((i) => record(articles, `l${batch}-${i}`, 1 + batch * 100 + i))
  await Promise.all([
    ...upTo(6).map((batch) => insisted(() => loads(storage, load(batch)))),
    ...upTo(60).map((i) => insisted(() => written(storage, articles, `w${i}`))),
  ])
  const items = (await dumped(storage)).filter(({ kind }) => kind === 'record')
  assert.equal(items.length, 360)
  assert.equal(new Set(items.map(({ timestamp }) => timestamp)).size, 360, 'every timestamp once')
  assert.deepEqual(await storage.count(articles, []), { total: 360, timestamp: Math.max(...items.map(({ timestamp }) => timestamp)) })
}

/** S36 to S39. */
export const movingTests: readonly StorageTest[] = [
  storageTest('S36: a dump gives every collection, record and tombstone once', givesEverything),
  storageTest('S36: whoever abandons a dump leaves nothing open', mayBeAbandoned),
  storageTest('S37: a collection in a dump is one snapshot, whatever is written meanwhile', isOneSnapshot),
  storageTest('S38 S6: what was dumped and loaded is what it was, and goes on as it would have', keepsAll),
  storageTest('S38: loading replaces what has the same id, leaves the rest, and may be repeated', replaces),
  storageTest('S39 S5 S11: a load with a timestamp or unique value of others is refused, and writes nothing', refusesConflicts),
  storageTest('S39 S2: of loads and writes at once none disturbs the other', loadsBesideWrites),
]
