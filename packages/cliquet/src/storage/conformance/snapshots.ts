import assert from 'node:assert/strict'
import type { JsonObject } from '../../primitives/json.ts'
import type { Storage } from '../contract.ts'
import { articles, filter, idsOf, itemsOf, query, remove, tombstonesToo, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

interface Seen {
  readonly timestamp: number
  readonly ids: readonly string[]
}

/** Runs writers of new records beside readers; gives what was written, and what readers saw. */
async function beside<T>(writer: Storage, read: () => Promise<T>): Promise<{ stamps: ReadonlyMap<string, number>; seen: readonly T[] }> {
  const stamps = new Map<string, number>()
  const seen: T[] = []
  const lanes = upTo(6)
  const rounds = upTo(15)
  let writing = true
  await Promise.all([
    Promise.all(
      lanes.map(async (lane) => {
        for (const i of rounds) stamps.set(`${lane}-${i}`, (await written(writer, articles, `${lane}-${i}`)).timestamp)
      }),
    ).finally(() => {
      writing = false
    }),
    ...upTo(3).map(async () => {
      while (writing) {
        seen.push(await read())
        await new Promise((resolve) => setImmediate(resolve))
      }
    }),
  ])
  seen.push(await read())
  return { stamps, seen }
}

async function pagesAreSnapshots(writer: Storage, reader: Storage): Promise<void> {
  const { stamps, seen } = await beside(writer, async (): Promise<Seen> => {
    const page = await reader.list(articles, query())
    return { timestamp: page.timestamp, ids: itemsOf(page).map(({ id }) => String(id)) }
  })
  for (const { timestamp, ids } of seen) {
    const upToThere = [...stamps].filter(([, stamp]) => stamp <= timestamp).map(([id]) => id)
    assert.deepEqual([...ids].sort(), upToThere.sort(), 'what a page shows is what was written up to its timestamp')
  }
}

async function countsAreSnapshots(writer: Storage, reader: Storage): Promise<void> {
  const { stamps, seen } = await beside(writer, () => reader.count(articles, []))
  for (const { timestamp, total } of seen) {
    const upToThere = [...stamps.values()].filter((stamp) => stamp <= timestamp)
    assert.equal(total, upToThere.length, 'what a count says is what was written up to its timestamp')
  }
}

/** A client that polls with `_since` and the ETag of its last answer, as kinto.js does (R9.11). */
async function pollerMissesNothing(writer: Storage, reader: Storage): Promise<void> {
  const copy = new Map<string, JsonObject>()
  let since = -1
  async function poll(): Promise<void> {
    const page = await reader.list(articles, query({ filters: [filter('last_modified', 'gt', since)] }))
    for (const item of itemsOf(page)) copy.set(String(item.id), item)
    since = Math.max(since, page.timestamp)
  }
  let writing = true
  await Promise.all([
    Promise.all(
      upTo(6).map(async (lane) => {
        for (const i of upTo(12)) {
          await written(writer, articles, `r${(lane * 5 + i) % 20}`, { lane, i })
          if (i % 4 === 3) await remove(writer, articles, `r${(lane * 5 + i) % 20}`)
        }
      }),
    ).finally(() => {
      writing = false
    }),
    (async () => {
      while (writing) {
        await poll()
        await new Promise((resolve) => setImmediate(resolve))
      }
    })(),
  ])
  await poll()
  const truth = itemsOf(await writer.list(articles, query({ filters: tombstonesToo })))
  assert.deepEqual(new Map([...copy].sort()), new Map(truth.map((item): [string, JsonObject] => [String(item.id), item]).sort()))
}

async function secondReads(trial: StorageTrial): Promise<void> {
  const second = await trial.openSecond()
  await pagesAreSnapshots(trial.storage, second)
}

async function secondPolls(trial: StorageTrial): Promise<void> {
  await pollerMissesNothing(trial.storage, await trial.openSecond())
}

async function firstReadFixes({ storage, clock }: StorageTrial): Promise<void> {
  const reads: readonly ((parentId: string) => Promise<number>)[] = [
    (parentId) => storage.timestamp({ parentId, resource: 'article' }),
    async (parentId) => (await storage.list({ parentId, resource: 'article' }, query())).timestamp,
    async (parentId) => (await storage.count({ parentId, resource: 'article' }, [])).timestamp,
  ]
  for (const [first, read] of reads.entries()) {
    const parentId = `parent${first}`
    const fixed = clock()
    assert.equal(await read(parentId), fixed, 'now')
    clock.advance(1000)
    for (const again of reads) assert.equal(await again(parentId), fixed, 'the same afterwards')
    clock.advance(-5000)
    const { timestamp } = await written(storage, { parentId, resource: 'article' }, 'a')
    assert.equal(timestamp, fixed + 1, 'a write goes on from there')
    clock.advance(9000)
  }
}

async function readsAgree({ storage, clock }: StorageTrial): Promise<void> {
  const stamps = await Promise.all(
    upTo(12).map((i) => {
      clock.advance(1)
      return i % 2 ? storage.timestamp(articles) : storage.list(articles, query()).then(({ timestamp }) => timestamp)
    }),
  )
  assert.equal(new Set(stamps).size, 1, 'all see the one that was fixed')
}

async function readsDontWrite({ storage, clock }: StorageTrial): Promise<void> {
  const { timestamp } = await written(storage, articles, 'a')
  clock.advance(60_000)
  await storage.get(articles, 'a')
  await storage.get(articles, 'missing')
  await idsOf(storage, articles)
  await storage.count(articles, [])
  assert.equal(await storage.timestamp(articles), timestamp)
  assert.equal((await storage.get(articles, 'a'))?.timestamp, timestamp)
}

/** S13 and S14. */
export const snapshotTests: readonly StorageTest[] = [
  storageTest('S13 R9.4 R9.5: a page is one snapshot, while others write', ({ storage }) => pagesAreSnapshots(storage, storage)),
  storageTest('S13 R9.4: a page of a second handle is one snapshot, while others write', secondReads, 'openSecond'),
  storageTest('S13 R9.5: a count is one snapshot, while others write', ({ storage }) => countsAreSnapshots(storage, storage)),
  storageTest('S13 R9.4: a client that polls misses no change', ({ storage }) => pollerMissesNothing(storage, storage)),
  storageTest('S13 R9.4: a client that polls through a second handle misses no change', secondPolls, 'openSecond'),
  storageTest('S14 R6.1: the first read of a collection fixes its timestamp', firstReadFixes),
  storageTest('S14 R6.1: many first reads at once agree', readsAgree),
  storageTest('S14 R9.6: no other read writes', readsDontWrite),
]
