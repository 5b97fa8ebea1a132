import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/primitives/json.ts'
import { compareBy, fieldOf, keysOf, select } from '../../src/storage/conformance/oracle.ts'
import type { Filter, Operator, Query, Sort } from '../../src/storage/query.ts'

/** A filter before the records are known: `near` chooses one whose own value is compared with. */
interface FilterDraft {
  readonly field: string
  readonly operator: Operator
  readonly near: number | undefined
  readonly values: readonly Json[]
  readonly pattern: string
}

/** A query before the records are known. */
export interface QueryDraft {
  readonly filters: readonly FilterDraft[]
  readonly withTombstones: boolean
  readonly sort: readonly Sort[]
  readonly limit: number
}

/** A collection, and what is asked of it. */
export interface ListCase {
  readonly records: readonly JsonObject[]
  /** Which of the records are removed: each whose index is a multiple of it, the first excepted. */
  readonly removeEvery: number
  readonly queries: readonly QueryDraft[]
}

/** Names of fields by the way they may be asked for. */
export interface FieldNames {
  /** Of the records' top level. */
  readonly own: readonly string[]
  readonly filterable: readonly string[]
  readonly sortable: readonly string[]
}

const operators: readonly Operator[] = ['eq', 'not', 'lt', 'max', 'gt', 'min', 'in', 'exclude', 'like', 'has', 'contains', 'contains_any']
const known: readonly string[] = ['id', 'last_modified', 'deleted']
/** Orders by code point, by UTF-16 unit, by locale and without case differ on these. */
const text = fc.string({ unit: fc.constantFrom(...'aAbBzZéÉ019 _%*.,\\"\'-\n漢\uFFFD\uFB00😀'), maxLength: 4 })
const number = fc.oneof(
  fc.constantFrom(0, 1, 2, -1, 1.5, 10, 2 ** 53 - 1),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const scalar: fc.Arbitrary<Json> = fc.oneof(fc.constantFrom(null, true, false), text, number)
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 5, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 2 }) },
    { weight: 1, arbitrary: objectOf(fc.constantFrom('a', 'b', 'b.c', ''), tie('value'), 2) },
  ),
}))

/** `fromEntries` makes own properties of every name, `__proto__` too; -0 becomes the 0 that JSON has. */
function objectOf(name: fc.Arbitrary<string>, item: fc.Arbitrary<Json>, most: number): fc.Arbitrary<JsonObject> {
  return fc
    .array(fc.tuple(name, item), { maxLength: most })
    .map((entries) => Object.fromEntries(entries.map(([key, each]) => [key, Object.is(each, -0) ? 0 : each])))
}

/** Random collections with random queries. */
export function listCases({ own, filterable, sortable }: FieldNames): fc.Arbitrary<ListCase> {
  const filter = fc.record({
    field: fc.constantFrom(...filterable, ...known),
    operator: fc.constantFrom(...operators),
    near: fc.option(fc.nat(), { nil: undefined, freq: 3 }),
    values: fc.array(value, { minLength: 1, maxLength: 3 }),
    pattern: text,
  })
  const direction = fc.constantFrom('ascending', 'descending')
  const sort = fc.array(fc.record({ field: fc.constantFrom(...sortable, 'id', 'deleted'), direction }), { maxLength: 3 })
  const query = fc.record({
    filters: fc.array(filter, { maxLength: 2 }),
    withTombstones: fc.boolean(),
    sort: fc.tuple(sort, direction).map(([keys, last]): readonly Sort[] => [...keys, { field: 'last_modified', direction: last }]),
    limit: fc.integer({ min: 1, max: 6 }),
  })
  return fc.record({
    records: fc.array(objectOf(fc.constantFrom(...own), value, 6), { minLength: 1, maxLength: 14 }),
    removeEvery: fc.integer({ min: 2, max: 6 }),
    queries: fc.array(query, { minLength: 3, maxLength: 5 }),
  })
}

/** The query that a draft means for these records and tombstones, of which there is at least one. */
export function queryOf({ filters, withTombstones, sort, limit }: QueryDraft, documents: readonly JsonObject[]): Query {
  const drafted = filters.flatMap((draft) => filterOf(draft, documents))
  const all: Filter = { field: 'last_modified', operator: 'min', value: 0 }
  return { filters: withTombstones ? [...drafted, all] : drafted, sort, limit }
}

/** `id` is compared with texts and `last_modified` with integers only (R7.9, R7.10): what else a draft says about them is left out. */
function filterOf({ field, operator, near, values, pattern }: FilterDraft, documents: readonly JsonObject[]): readonly Filter[] {
  const isList = operator === 'contains' || operator === 'contains_any'
  if (operator === 'has') return [{ field, operator, value: (near ?? 0) % 2 === 0 }]
  if (known.includes(field) && (isList || operator === 'like')) return []
  const own = fieldOf(documents[(near ?? 0) % documents.length], field)
  if (operator === 'like')
    return [{ field, operator, value: typeof own === 'object' || near === undefined ? pattern : String(own ?? pattern) }]
  const isStrict = field === 'id' || field === 'last_modified'
  const candidates: readonly Json[] = own !== undefined && (isStrict || near !== undefined) ? [own] : values
  const [first = null] = candidates
  if (isList) return [{ field, operator, value: Array.isArray(first) ? first : candidates }]
  if (operator === 'in' || operator === 'exclude') return [{ field, operator, value: isStrict ? candidates : [...candidates, ...values] }]
  return [{ field, operator, value: first }]
}

/**
 * Asserts that a list is what its definition gives: every document that passes the filters, none else, in the order of the sort keys. Where
 * R8.3 says nothing (two unequal arrays or objects) nothing is asserted. @returns whether all of it was said
 */
export function assertAsDefined(items: readonly JsonObject[], documents: readonly JsonObject[], { filters, sort }: Query): boolean {
  const message = JSON.stringify({ filters, sort })
  const keys = items.map((item) => keysOf(item, sort))
  const orders = keys.flatMap((before, i) => keys.slice(i + 1).map((after) => compareBy(sort, before, after)))
  assert.ok(
    orders.every((order) => order === undefined || order < 0),
    `order: ${message}`,
  )
  const byId = (list: readonly JsonObject[]): JsonObject => Object.fromEntries(list.map((item) => [String(item.id), item]))
  const expected = select(documents, { filters, sort })
  if (expected !== undefined) {
    assert.equal(items.length, expected.length, `length: ${message}`)
    assert.deepEqual(byId(items), byId(expected), `content: ${message}`)
  }
  return expected !== undefined && !orders.includes(undefined)
}
