import assert from 'node:assert/strict'
import type { JsonObject } from '../../primitives/json.ts'
import { parseObject } from '../../primitives/json.ts'
import type { Collection, Storage } from '../contract.ts'
import { recordText } from '../record.ts'
import { articles, filter, idsOf, itemsOf, newestFirst, put, query, remove, removed, tombstonesToo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { declarations, storageTest } from './trial.ts'

const oddNames = [
  "it's",
  '50%',
  'a_b',
  'a*b',
  '"quoted"',
  'back\\slash',
  'é',
  'e\u0301',
  '日本',
  '😀',
  'with space',
  '__proto__',
  "'; drop table records; --",
  '$1',
  '?',
  'a:b',
  'a/b',
  '{}',
]

const bodies: readonly JsonObject[] = [
  {},
  { a: null, b: true, c: false, d: 0, e: -1.5, f: 1e-7, g: 9007199254740991, h: 1e21, i: '' },
  { text: 'it\'s 100% "quoted" \\ _ * \n\t\r 日本 😀 \u2028 é e\u0301 \u007f' },
  { list: [null, true, 1, 'x', [], [[1, [2]]], {}, { b: 1, a: [1] }] },
  { '': 1, 'a.b': 2, 'a-b': 3, "it's": 4, '"q"': 5, 'x[0]': 6, é: 7, 'back\\slash': 8, constructor: 9, '$.a': 10, '😀': 11 },
  parseObject('{"__proto__":{"polluted":true},"toString":1}'),
  { long: 'lorem ipsum '.repeat(20_000) },
  { deep: parseObject(`${'{"a":'.repeat(98)}{}${'}'.repeat(98)}`) },
]

async function everyBody({ storage }: StorageTrial): Promise<void> {
  for (const [i, body] of bodies.entries()) {
    const id = `r${i}`
    const record = await written(storage, articles, id, body)
    assert.deepEqual(parseObject(record.body), body, 'what put gives back')
    const got = await storage.get(articles, id)
    assert.ok(got, `record ${id} is found`)
    assert.equal(got.id, id)
    assert.equal(got.timestamp, record.timestamp)
    assert.deepEqual(parseObject(got.body), body, 'what get gives back')
    const page = await storage.list(articles, query({ filters: [filter('id', 'eq', id)] }))
    assert.deepEqual(itemsOf(page), [parseObject(recordText(id, record.timestamp, JSON.stringify(body)))], 'what list gives back')
  }
}

/** Tells the storage of resources of these names before they are used. */
const declare = (storage: Storage, names: readonly string[]): Promise<void> =>
  storage.prepare([...declarations, ...names.map((name) => ({ name, uniqueFields: [] }))])

async function everyName({ storage }: StorageTrial): Promise<void> {
  await declare(storage, oddNames)
  for (const name of oddNames) {
    const collections: readonly Collection[] = [
      { parentId: name, resource: 'article' },
      { parentId: 'alice', resource: name },
    ]
    for (const collection of collections) {
      await written(storage, collection, name, { name })
      assert.deepEqual(parseObject((await storage.get(collection, name))?.body ?? '{}'), { name })
      assert.deepEqual(await idsOf(storage, collection), [name])
      await removed(storage, collection, name)
      assert.deepEqual(await idsOf(storage, collection, { filters: tombstonesToo }), [name])
      assert.equal(await storage.get(collection, name), undefined)
    }
  }
}

const lookalikes = ['a_b', 'a%b', 'a*b', 'aXb', 'a', 'A', 'a ', ' a', 'A_b', 'a__b', '%', '_', '*', 'é', 'É', 'e\u0301', '1', '01', '1.0']

async function idsAreExact({ storage }: StorageTrial): Promise<void> {
  for (const id of lookalikes) assert.equal((await put(storage, articles, id, { id_was: id })).outcome, 'created', `${id} is new`)
  for (const id of lookalikes) {
    assert.deepEqual(parseObject((await storage.get(articles, id))?.body ?? '{}'), { id_was: id })
    assert.deepEqual(await idsOf(storage, articles, { ids: [id] }), [id])
    assert.deepEqual(await idsOf(storage, articles, { filters: [filter('id', 'eq', id)] }), [id])
  }
  for (const [i, id] of lookalikes.entries()) {
    await removed(storage, articles, id)
    const left = await idsOf(storage, articles, { sort: newestFirst })
    assert.deepEqual([...left].reverse(), lookalikes.slice(i + 1), `only ${id} was removed`)
  }
}

async function collectionsAreExact({ storage }: StorageTrial): Promise<void> {
  await declare(storage, lookalikes)
  const collections = lookalikes.flatMap((name): Collection[] => [
    { parentId: name, resource: 'article' },
    { parentId: 'bob', resource: name },
  ])
  for (const [i, collection] of collections.entries()) await written(storage, collection, 'same', { i })
  for (const [i, collection] of collections.entries()) {
    assert.deepEqual(parseObject((await storage.get(collection, 'same'))?.body ?? '{}'), { i })
    assert.equal((await storage.count(collection, [])).total, 1)
  }
  for (const [i, collection] of collections.entries()) {
    assert.equal((await storage.removeAll(collection, query())).outcome, 'removed')
    const left = await Promise.all(collections.map(async (other) => (await storage.count(other, [])).total))
    assert.deepEqual(
      left,
      collections.map((_, j) => (j > i ? 1 : 0)),
    )
    const purged = await storage.purge({ parentId: collection.parentId, resource: collection.resource })
    assert.equal(purged, 1, 'a purge names its collections exactly')
  }
}

async function partsDontRunTogether({ storage }: StorageTrial): Promise<void> {
  await written(storage, { parentId: 'a/b', resource: 'c' }, 'x', { at: 1 })
  await written(storage, { parentId: 'a', resource: 'b/c' }, 'x', { at: 2 })
  assert.deepEqual(parseObject((await storage.get({ parentId: 'a/b', resource: 'c' }, 'x'))?.body ?? '{}'), { at: 1 })
  assert.deepEqual(parseObject((await storage.get({ parentId: 'a', resource: 'b/c' }, 'x'))?.body ?? '{}'), { at: 2 })
}

/** Assigns as careless JavaScript would; a frozen object is as good as a copy. */
function scribble(target: object, key: string, value: unknown): void {
  Reflect.set(target, key, value)
}

async function recordsAreNobodys({ storage }: StorageTrial): Promise<void> {
  const given = { id: 'a', body: '{"title":"A"}', condition: { kind: 'none' } } as const
  const outcome = await storage.put(articles, given)
  scribble(given, 'body', '{"title":"changed"}')
  scribble(given, 'id', 'changed')
  assert.equal(outcome.outcome, 'created')
  if ('record' in outcome) scribble(outcome.record, 'body', '{"title":"changed"}')
  const got = await storage.get(articles, 'a')
  assert.deepEqual(parseObject(got?.body ?? '{}'), { title: 'A' })
  if (got) scribble(got, 'body', '{"title":"changed"}')
  if (got) scribble(got, 'timestamp', 1)
  assert.deepEqual(parseObject((await storage.get(articles, 'a'))?.body ?? '{}'), { title: 'A' })
  assert.notEqual((await storage.get(articles, 'a'))?.timestamp, 1)
}

async function nextIsNobodys({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'a', { tags: ['x', { y: [1] }] })
  await written(storage, articles, 'b', { tags: ['x', { y: [2] }] })
  const sort = [{ field: 'tags', direction: 'ascending' }, ...newestFirst] as const
  const page = await storage.list(articles, query({ sort, limit: 1 }))
  const tags = page.next?.[0]
  if (Array.isArray(tags)) scribble(tags, '0', 'changed')
  if (page.next) scribble(page.next, '0', 'changed')
  assert.deepEqual(await idsOf(storage, articles, { filters: [filter('tags', 'contains', ['x'])], sort: newestFirst }), ['b', 'a'])
}

/** What no record can have as its id, for not every database keeps such text: whoever asks for it finds nobody. */
async function impossibleIds({ storage }: StorageTrial): Promise<void> {
  for (const id of ['a', '\uFFFD', 'a\uFFFD']) await written(storage, articles, id)
  for (const id of ['a\0', '\0', 'a\0b', '\uD800', 'a\uDC00']) {
    assert.equal(await storage.get(articles, id), undefined, JSON.stringify(id))
    assert.equal((await remove(storage, articles, id)).outcome, 'refused', JSON.stringify(id))
  }
  assert.equal((await storage.count(articles, [])).total, 3)
}

/** S1, S20 and S29. */
export const roundTripTests: readonly StorageTest[] = [
  storageTest('S1: every JSON value is got back, by put, get and list', everyBody),
  storageTest('S1: ids, parents and resources may have any characters', everyName),
  storageTest('S20: ids match by equality, without patterns and with case', idsAreExact),
  storageTest('S20: an id that no text can be is nobody’s', impossibleIds),
  storageTest('S20: parents and resources match by equality, without patterns and with case', collectionsAreExact),
  storageTest('S20: parent and resource never run together', partsDontRunTogether),
  storageTest('S29: changing what was given to put, or got back, changes nothing stored', recordsAreNobodys),
  storageTest('S29: changing the sort values of a page changes nothing stored', nextIsNobodys),
]
