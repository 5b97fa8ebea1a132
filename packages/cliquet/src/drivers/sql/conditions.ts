import { isJsonArray, type Json } from '../../primitives/json.ts'
import type { Dialect, JsonField } from './dialect.ts'
import { allOf, anyOf, type Condition, type Fragment, not } from './fragment.ts'
import { type Comparison, type FieldValue, holds, rankOf } from './order.ts'
import { matchesPattern } from './pattern.ts'

/** One condition on one field, as storage's queries state it. */
export interface FieldFilter {
  readonly field: string
  readonly operator: 'eq' | 'not' | 'lt' | 'max' | 'gt' | 'min' | 'in' | 'exclude' | 'like' | 'has' | 'contains' | 'contains_any'
  readonly value: Json
}

/** One sort key, as storage's queries state it. */
export interface SortKey {
  readonly field: string
  readonly direction: 'ascending' | 'descending'
}

/** What the generator needs to know besides the query. */
export interface Context {
  readonly dialect: Dialect
  /** Whether tombstones are among the rows; else all rows are live. */
  readonly tombstones: boolean
}

/** A field as the generator sees it: in the JSON column, or a column of one type. */
type Field = Omit<JsonField, 'exists'> & { readonly exists: Condition }

const COMPARISONS = { eq: '=', not: '<>', lt: '<', max: '<=', gt: '>', min: '>=' } as const

/** The rows that a filter selects (R7.2). Text that depends only on field, operator and kind of value. */
export function filterCondition(context: Context, { field: name, operator, value }: FieldFilter): Condition {
  const field = fieldOf(context, name)
  if (operator === 'in') return field.in(listOf(value))
  if (operator === 'exclude') return not(field.in(listOf(value)))
  if (operator === 'like') return typeof value === 'string' && field.like(value)
  if (operator === 'has') return value === true ? field.exists : not(field.exists)
  if (operator === 'contains') return field.contains(listOf(value), 'all')
  if (operator === 'contains_any') return field.contains(listOf(value), 'any')
  return field.compare(COMPARISONS[operator], value)
}

/** The rows that come after one with these values of the sort keys (R8.8). Its first conjunct can use an index. */
export function afterCondition(context: Context, sort: readonly SortKey[], values: readonly FieldValue[]): Condition {
  const [key, ...rest] = sort
  if (key === undefined) return false
  const descending = key.direction === 'descending'
  const field = fieldOf(context, key.field)
  const after = field.compare(descending ? '<' : '>', values[0])
  if (rest.length === 0) return after
  const notBefore = field.compare(descending ? '<=' : '>=', values[0])
  return allOf([notBefore, anyOf([after, afterCondition(context, rest, values.slice(1))])])
}

/** The expressions of `order by`, with their directions; what follows a unique key is left out. */
export function orderTerms(context: Context, sort: readonly SortKey[]): string[] {
  const terms: string[] = []
  for (const key of sort) {
    const suffix = key.direction === 'descending' ? ' desc' : ''
    for (const expression of fieldOf(context, key.field).order) terms.push(expression + suffix)
    if (isUnique(key)) break
  }
  return terms
}

const isUnique = ({ field }: SortKey): boolean => field === 'last_modified' || field === 'id'

const listOf = (value: Json): readonly Json[] => (isJsonArray(value) ? value : [value])

function fieldOf(context: Context, name: string): Field {
  if (name === 'id') return idField(context.dialect)
  if (name === 'last_modified') return timestampField(context.dialect)
  return name === 'deleted' ? deletedField(context) : context.dialect.field(name)
}

/** `id`: text in every row. */
function idField(dialect: Dialect): Field {
  const { id } = dialect
  return {
    order: [id],
    exists: true,
    compare(comparison, value) {
      if (typeof value !== 'string') return holds(comparison, rankOf('') - rankOf(value))
      return withColumn(id, comparison, dialect.text(value))
    },
    in: (values) => dialect.textIn(id, values.filter(isString)),
    like: (pattern) => dialect.like(id, pattern),
    contains: () => false,
  }
}

/** `last_modified`: an integer in every row. Only integers are bound, for otherwise no index would serve. */
function timestampField(dialect: Dialect): Field {
  const { timestamp } = dialect
  return {
    order: [timestamp],
    exists: true,
    compare(comparison, value) {
      if (typeof value !== 'number') return holds(comparison, rankOf(0) - rankOf(value))
      if (Number.isSafeInteger(value)) return withColumn(timestamp, comparison, dialect.integer(value))
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return holds(comparison, -value)
      if (comparison === '=' || comparison === '<>') return comparison === '<>'
      return withColumn(timestamp, comparison.startsWith('<') ? '<=' : '>', dialect.integer(Math.floor(value)))
    },
    in: (values) => dialect.integerIn(timestamp, values.filter(isSafeInteger)),
    like: (pattern) => dialect.like(timestamp, pattern),
    contains: () => false,
  }
}

/** `deleted`: true in tombstones, absent in records; so every condition is one of four, decided here. */
function deletedField({ dialect, tombstones }: Context): Field {
  const either = (ofTombstones: boolean, ofRecords: boolean): Condition => {
    if (!tombstones || ofTombstones === ofRecords) return ofRecords
    return { text: ofTombstones ? dialect.deleted : dialect.live, params: [] }
  }
  return {
    order: tombstones ? [`case when ${dialect.deleted} then 3 else 6 end`] : [],
    exists: either(true, false),
    compare: (comparison, value) =>
      either(
        holds(comparison, rankOf(true) - rankOf(value) || Number(value !== true)),
        holds(comparison, rankOf(undefined) - rankOf(value)),
      ),
    in: (values) => either(values.includes(true), false),
    like: (pattern) => either(matchesPattern('true', pattern), false),
    contains: () => false,
  }
}

const withColumn = (column: string, comparison: Comparison, value: Fragment): Fragment => ({
  text: `${column} ${comparison} ${value.text}`,
  params: value.params,
})

const isString = (value: Json): value is string => typeof value === 'string'

const isSafeInteger = (value: Json): value is number => Number.isSafeInteger(value)
