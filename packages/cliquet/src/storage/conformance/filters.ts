import assert from 'node:assert/strict'
import type { Json, JsonObject } from '../../primitives/json.ts'
import type { Storage } from '../contract.ts'
import type { Operator } from '../query.ts'
import { articles, filter, idsOf, itemsOf, newestFirst, oldestFirst, query, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { storageTest } from './trial.ts'

/** Puts records whose ids are the keys. */
async function given(storage: Storage, records: Readonly<Record<string, JsonObject>>): Promise<void> {
  for (const [id, fields] of Object.entries(records)) await written(storage, articles, id, fields)
}

/** Lists with one filter on `f`, as one text of ids in the order of creation; also checks that the count agrees. */
async function matching(storage: Storage, operator: Operator, value: Json, field = 'f'): Promise<string> {
  const filters = [filter(field, operator, value)]
  const ids = await idsOf(storage, articles, { filters, sort: oldestFirst })
  assert.equal((await storage.count(articles, filters)).total, ids.length)
  return ids.join(' ')
}

const mixed: Readonly<Record<string, JsonObject>> = {
  nil: { f: null },
  empty: { f: '' },
  text1: { f: '1' },
  one: { f: 1 },
  two: { f: 2 },
  false: { f: false },
  true: { f: true },
  list: { f: [1, '1', { a: 1, b: 2 }] },
  object: { f: { a: 2, b: [1] } },
  absent: {},
}

async function equality({ storage }: StorageTrial): Promise<void> {
  await given(storage, mixed)
  assert.equal(await matching(storage, 'eq', 1), 'one')
  assert.equal(await matching(storage, 'eq', '1'), 'text1')
  assert.equal(await matching(storage, 'eq', true), 'true')
  assert.equal(await matching(storage, 'eq', 'true'), '')
  assert.equal(await matching(storage, 'eq', 0), '')
  assert.equal(await matching(storage, 'eq', null), 'nil')
  assert.equal(await matching(storage, 'eq', 'null'), '')
  assert.equal(await matching(storage, 'eq', ''), 'empty')
  assert.equal(await matching(storage, 'eq', [1, '1', { b: 2, a: 1 }]), 'list', 'the order of keys is nothing')
  assert.equal(await matching(storage, 'eq', ['1', 1, { a: 1, b: 2 }]), '', 'the order of items is something')
  assert.equal(await matching(storage, 'eq', { b: [1], a: 2 }), 'object')
  assert.equal(await matching(storage, 'eq', { a: 2 }), '')
  assert.equal(await matching(storage, 'not', 1), 'nil empty text1 two false true list object absent')
  assert.equal(await matching(storage, 'not', null), 'empty text1 one two false true list object absent')
  assert.equal(await matching(storage, 'in', [1, 'x', null, { b: [1], a: 2 }]), 'nil one object')
  assert.equal(await matching(storage, 'in', []), '')
  assert.equal(await matching(storage, 'in', ['', '']), 'empty')
  assert.equal(await matching(storage, 'exclude', [1, '1', '', null, false]), 'two true list object absent')
  assert.equal(await matching(storage, 'exclude', []), Object.keys(mixed).join(' '))
  assert.equal(await matching(storage, 'has', true), 'nil empty text1 one two false true list object')
  assert.equal(await matching(storage, 'has', false), 'absent')
}

async function comparisons({ storage }: StorageTrial): Promise<void> {
  await given(storage, mixed)
  assert.equal(await matching(storage, 'lt', 2), 'nil empty text1 one')
  assert.equal(await matching(storage, 'max', 2), 'nil empty text1 one two')
  assert.equal(await matching(storage, 'gt', 1), 'two false true list object absent')
  assert.equal(await matching(storage, 'min', 1), 'one two false true list object absent')
  assert.equal(await matching(storage, 'lt', null), '')
  assert.equal(await matching(storage, 'max', null), 'nil')
  assert.equal(await matching(storage, 'lt', '1'), 'nil empty')
  assert.equal(await matching(storage, 'gt', true), 'list object absent')
  assert.equal(await matching(storage, 'max', false), 'nil empty text1 one two false')
}

async function containment({ storage }: StorageTrial): Promise<void> {
  await given(storage, {
    a: { f: ['x', 'y', 1, null] },
    b: { f: ['y', '1', [1, 2], { p: 1, q: 2 }] },
    text: { f: 'x' },
    object: { f: { x: 'x' } },
    empty: { f: [] },
    absent: {},
  })
  assert.equal(await matching(storage, 'contains', ['x']), 'a')
  assert.equal(await matching(storage, 'contains', ['y']), 'a b')
  assert.equal(await matching(storage, 'contains', ['y', 'x']), 'a')
  assert.equal(await matching(storage, 'contains', [1]), 'a')
  assert.equal(await matching(storage, 'contains', ['1']), 'b')
  assert.equal(await matching(storage, 'contains', [null]), 'a')
  assert.equal(await matching(storage, 'contains', [[1, 2]]), 'b')
  assert.equal(await matching(storage, 'contains', [[1]]), '', 'items are compared deeply, not by containment')
  assert.equal(await matching(storage, 'contains', [{ q: 2, p: 1 }]), 'b')
  assert.equal(await matching(storage, 'contains', [{ p: 1 }]), '')
  assert.equal(await matching(storage, 'contains_any', ['x', '1']), 'a b')
  assert.equal(await matching(storage, 'contains_any', ['z', 2]), '')
  assert.equal(await matching(storage, 'contains_any', []), '')
}

async function identity({ storage }: StorageTrial): Promise<void> {
  await given(storage, { a: { n: 1 }, b: { n: 1 }, c: { n: 2 } })
  assert.equal(await matching(storage, 'in', ['a', 'c', ''], 'id'), 'a c')
  assert.equal(await matching(storage, 'exclude', ['a'], 'id'), 'b c')
  assert.equal(await matching(storage, 'gt', 'a', 'id'), 'b c')
  assert.equal(await matching(storage, 'like', 'A', 'id'), 'a')
  assert.equal(await matching(storage, 'has', true, 'id'), 'a b c')
  assert.equal(await matching(storage, 'has', false, 'deleted'), 'a b c')
  const { timestamp } = await storage.count(articles, [])
  assert.equal(await matching(storage, 'eq', timestamp, 'last_modified'), 'c')
  assert.equal(await matching(storage, 'lt', timestamp, 'last_modified'), 'a b')
  assert.deepEqual(await idsOf(storage, articles, { filters: [filter('n', 'eq', 1), filter('id', 'not', 'a')] }), ['b'], 'all must hold')
}

/** Patterns and the ids of what they match among the records below. */
const patternCases: readonly (readonly [pattern: string, ids: string])[] = [
  ['hello', 'plain'],
  ['WORLD', 'plain'],
  ['lo wo', 'plain'],
  ['hello*', 'plain'],
  ['*world', 'plain'],
  ['h*d', 'plain'],
  ['world*', ''],
  ['*hello', ''],
  ['h*x*d', ''],
  ['*l*l*l*', 'plain'],
  ['*l*l*l*l*', ''],
  ['100%', 'marks'],
  ['1%', ''],
  ['a_b', 'marks'],
  ['ab', ''],
  ['a.b', ''],
  ['(c.d)', 'marks'],
  ['[e]', 'marks'],
  ['\\f', 'marks'],
  ['c_d', ''],
  ['école', 'accents'],
  ['ÜBER', 'accents'],
  ['ñandÚ', 'accents'],
  ['жУК', 'accents'],
  ['ecole', ''],
  ['first*second', 'lines'],
  ['12.5', 'number'],
  ['2', 'number'],
  ['12*', 'number'],
  ['TRUE', 'true'],
  ['null', ''],
  ['*', 'plain marks accents lines number true'],
  ['', 'plain marks accents lines number true'],
  ['**', 'plain marks accents lines number true'],
]

async function patterns({ storage }: StorageTrial): Promise<void> {
  await given(storage, {
    plain: { f: 'Hello World' },
    marks: { f: '100% of a_b (c.d) [e] \\f' },
    accents: { f: 'ÉCOLE über Ñandú Жук' },
    lines: { f: 'first\nsecond' },
    number: { f: 12.5 },
    true: { f: true },
    nil: { f: null },
    list: { f: ['hello'] },
    object: { f: { hello: 'hello' } },
    absent: {},
  })
  for (const [pattern, ids] of patternCases) assert.equal(await matching(storage, 'like', pattern), ids, `like ${pattern}`)
}

async function dotted({ storage }: StorageTrial): Promise<void> {
  await given(storage, {
    nested: { a: { b: { c: 1 } } },
    literal: { 'a.b.c': 1, a: { b: { c: 2 } } },
    longest: { 'a.b': { c: 1 }, a: { 'b.c': 2, b: { c: 2 } } },
    inner: { a: { 'b.c': 1, b: { c: 2 } } },
    scalar: { a: { b: 1 } },
    'no way back': { 'a.b': {}, a: { b: { c: 1 } } },
    list: { a: [{ b: 1 }] },
    absent: {},
  })
  assert.equal(await matching(storage, 'eq', 1, 'a.b.c'), 'nested literal longest inner')
  assert.equal(await matching(storage, 'has', false, 'a.b.c'), 'scalar no way back list absent')
  assert.equal(await matching(storage, 'eq', 1, 'a.b'), 'scalar')
  assert.equal(await matching(storage, 'has', true, 'a.0.b'), '')
  assert.equal(await matching(storage, 'has', true, 'a.length'), '')
  const order = await idsOf(storage, articles, { sort: [{ field: 'a.b', direction: 'ascending' }, ...newestFirst] })
  assert.equal(order[0], 'scalar', 'sorting finds it too: a number')
  assert.deepEqual(order.slice(-2), ['absent', 'list'], 'then objects, absent fields last')
}

async function oddNames({ storage }: StorageTrial): Promise<void> {
  const names = ['a-b', "it's", '"q"', 'x[0]', '', 'é', '__proto__', 'constructor', 'back\\slash', '$.a', '#', '%', '😀', "'||1||'", 'a b']
  await written(storage, articles, 'all', Object.fromEntries(names.map((name) => [name, name])))
  await written(storage, articles, 'none', { other: 1, x: ['wrong'] })
  for (const name of names) {
    assert.equal(await matching(storage, 'eq', name, name), 'all', `eq ${name}`)
    assert.equal(await matching(storage, 'has', false, name), 'none', `has ${name}`)
    const sort = [{ field: name, direction: 'descending' }, ...newestFirst] as const
    assert.deepEqual(await idsOf(storage, articles, { sort }), ['none', 'all'], `sort ${name}`)
  }
}

async function subsets({ storage }: StorageTrial): Promise<void> {
  await Promise.all(upTo(10).map((i) => written(storage, articles, `r${i}`, { n: i })))
  const ids = ['r7', 'r3', 'unknown', 'r3', "'", 'r5']
  assert.deepEqual(await idsOf(storage, articles, { ids, sort: oldestFirst }), ['r3', 'r5', 'r7'])
  assert.deepEqual(await idsOf(storage, articles, { ids: [] }), [])
  assert.equal((await storage.count(articles, [], ids)).total, 3)
  assert.equal((await storage.count(articles, [], [])).total, 0)
  assert.equal((await storage.count(articles, [filter('n', 'min', 5)], ids)).total, 2)
  const page = await storage.list(articles, query({ ids, limit: 2 }))
  assert.deepEqual(
    itemsOf(page).map(({ id }) => id),
    ['r7', 'r5'],
  )
  assert.deepEqual(await idsOf(storage, articles, { ids, after: page.next }), ['r3'])
  const outcome = await storage.removeAll(articles, query({ ids: ['r3', 'r5'] }))
  assert.equal(outcome.outcome === 'removed' && outcome.removed.length, 2)
  assert.equal((await storage.count(articles, [])).total, 8)
  const many = upTo(3000).map((i) => `r${i}`)
  assert.equal((await storage.count(articles, [], many)).total, 8, 'a long list of ids')
}

/** S15, S16, S21 and S22. */
export const filterTests: readonly StorageTest[] = [
  storageTest('S15 R7.2: equality is deep and never casts', equality),
  storageTest('S15 S17 R7.2 R8.3: comparisons follow the order of types', comparisons),
  storageTest('S15 R7.2: contains and contains_any look for items by deep equality', containment),
  storageTest('S15 R7.2: id, last_modified and deleted are fields like others, and all filters must hold', identity),
  storageTest('S16 R7.8: patterns match without case, everything but the star literally', patterns),
  storageTest('S21 R7.6: dotted names find the literal key first, then the longest prefix, without turning back', dotted),
  storageTest('S15 S21: field names may have any characters', oddNames),
  storageTest('S22: ids narrow lists, counts and removals', subsets),
]
