import type { Json, JsonObject } from '../../primitives/json.ts'
import type { Filter, Operator, Query, Sort, SortValue } from '../query.ts'
import { fieldOf } from './oracle.ts'
import type { Random } from './random.ts'

/** Names of top-level fields, most of them odd. */
const fieldNames = [
  'a',
  'b',
  'a.b',
  'a-b',
  "it's",
  '"q"',
  'x[0]',
  'é',
  '',
  '__proto__',
  'toString',
  'back\\slash',
  '%',
  '😀',
  'id.x',
  'a b',
]

/** Names that filters and sorts use: fields, and ways into them. */
export const randomNames: readonly string[] = [
  ...fieldNames,
  'a.b.c',
  'a.a',
  'b.a',
  'b.a.b',
  'b.é',
  'a.b.',
  '.a',
  'x[0].a',
  'missing',
  'missing.a',
  'a.0',
  'b.length',
  'é.x',
  'constructor',
]

/** Texts whose order by code point, by UTF-16 unit, by locale and without case all differ. */
const texts = [
  '',
  'a',
  'A',
  'b',
  'B',
  'ab',
  'a b',
  'é',
  'É',
  'e\u0301',
  'z',
  'Z',
  '\uFFFD',
  '😀',
  '😀a',
  '\uFB00',
  '漢',
  '1',
  '10',
  '9',
  'true',
  'null',
  "it's",
  '%',
  '_',
  '*',
  '\\',
  'a_b',
  'a%b',
  'aXb',
  'a*b',
  'line\nbreak',
  ' ',
  '"q"',
  '[1]',
  '{}',
]

const numbers = [0, 1, -1, 1.5, 2, 10, 9, -0.25, 1000000, 9007199254740991, 0.1]

/** A value of any type; arrays and objects are small and few, so that equal ones occur. */
export function randomValue(random: Random, depth = 2): Json {
  const kind = random.below(depth > 0 ? 12 : 8)
  if (kind < 1) return null
  if (kind < 4) return random.pick(texts)
  if (kind < 7) return random.pick(numbers)
  if (kind < 8) return random.chance(0.5)
  if (kind < 10) return random.list(0, 3, () => randomValue(random, depth - 1))
  return randomObject(random, ['a', 'b', 'c', 'é', 'a.b', ''], 3, depth - 1)
}

/** `fromEntries` makes own properties of every name, `__proto__` too. */
function randomObject(random: Random, names: readonly string[], most: number, depth: number): JsonObject {
  return Object.fromEntries(random.list(0, most, (): [string, Json] => [random.pick(names), randomValue(random, depth)]))
}

/** The fields of a record. */
export const randomFields = (random: Random): JsonObject => randomObject(random, fieldNames, 7, 2)

/** A value that often equals one that a record has. */
function nearValue(random: Random, documents: readonly JsonObject[], field: string): Json {
  const own = random.chance(0.7) ? fieldOf(random.pick(documents), field) : undefined
  return own === undefined ? randomValue(random) : own
}

/** The text of a value, cut, with stars and in another case. */
function randomPattern(random: Random, documents: readonly JsonObject[], field: string): string {
  const near = nearValue(random, documents, field)
  let pattern = typeof near === 'object' ? random.pick(texts) : String(near)
  if (random.chance(0.3)) pattern = [...pattern].slice(0, 1 + random.below(3)).join('')
  if (random.chance(0.3)) pattern = `*${pattern}`
  if (random.chance(0.3)) pattern = `${pattern}*`
  if (random.chance(0.2)) pattern = [...pattern].join('*')
  return random.chance(0.5) ? pattern.toUpperCase() : pattern
}

/** What may come at a field: `id` is compared with texts and `last_modified` with integers only (R7.9, R7.10). */
function randomFilter(random: Random, documents: readonly JsonObject[], operators: readonly Operator[]): Filter {
  const special = random.below(12)
  const operator = random.pick(operators)
  const plain = operator === 'contains' || operator === 'contains_any' || operator === 'like'
  if (special === 0 && !plain) return valued(random, 'last_modified', operator, () => Number(random.pick(documents).last_modified))
  if (special === 1 && !plain) return valued(random, 'id', operator, () => String(random.pick(documents).id))
  if (special === 2 && !plain) return valued(random, 'deleted', operator, () => random.chance(0.7))
  const field = random.pick(randomNames)
  if (operator === 'like') return { field, operator, value: randomPattern(random, documents, field) }
  if (operator === 'contains' || operator === 'contains_any') return { field, operator, value: randomItems(random, documents, field) }
  return valued(random, field, operator, () => nearValue(random, documents, field))
}

/** Items that often are in the array that a record has. */
function randomItems(random: Random, documents: readonly JsonObject[], field: string): readonly Json[] {
  const near = nearValue(random, documents, field)
  if (!Array.isArray(near) || near.length === 0 || random.chance(0.2)) return random.list(0, 2, () => randomValue(random, 1))
  return random.list(1, 2, (): Json => random.pick(near))
}

function valued(random: Random, field: string, operator: Operator, make: () => Json): Filter {
  if (operator === 'has') return { field, operator, value: random.chance(0.5) }
  if (operator === 'in' || operator === 'exclude') return { field, operator, value: random.list(0, 3, make) }
  return { field, operator, value: make() }
}

/** No, up to four keys, then `last_modified`. */
export function randomSort(random: Random): readonly Sort[] {
  const direction = (): Sort['direction'] => (random.chance(0.5) ? 'ascending' : 'descending')
  const field = (): string => (random.chance(0.1) ? random.pick(['id', 'deleted']) : random.pick(randomNames))
  const keys = random.list(0, 4, (): Sort => ({ field: field(), direction: direction() }))
  return [...keys, { field: 'last_modified', direction: direction() }]
}

/** A query with one to three filters of these operators. */
export function randomQuery(random: Random, documents: readonly JsonObject[], operators: readonly Operator[]): Query {
  const filters = random.list(1, random.chance(0.3) ? 3 : 1, () => randomFilter(random, documents, operators))
  const withTombstones: Filter = {
    field: 'last_modified',
    operator: 'gt',
    value: random.chance(0.8) ? 0 : Number(random.pick(documents).last_modified),
  }
  const ids = random.list(0, 30, () => (random.chance(0.05) ? 'unknown' : String(random.pick(documents).id)))
  return {
    filters: random.chance(0.3) ? [...filters, withTombstones] : filters,
    sort: randomSort(random),
    limit: random.chance(0.5) ? 10_000 : 1 + random.below(20),
    ...(random.chance(0.15) ? { ids } : {}),
  }
}

/** Values for `after` that no item ever had: tokens may be made up (R8.9). */
export const randomAfter = (random: Random, documents: readonly JsonObject[], sort: readonly Sort[]): readonly SortValue[] =>
  sort.map(({ field }) => {
    if (field === 'last_modified') return Number(random.pick(documents).last_modified)
    return random.chance(0.15) ? undefined : nearValue(random, documents, field)
  })
