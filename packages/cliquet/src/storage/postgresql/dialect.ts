import { arrayLiteral, quoted } from '../../drivers/postgresql/statement.ts'
import type { Dialect, JsonField } from '../../drivers/sql/dialect.ts'
import { dottedPath, type PathDialect } from '../../drivers/sql/dotted-path.ts'
import { allOf, anyOf, type Condition, type Fragment, fragment } from '../../drivers/sql/fragment.ts'
import { type Comparison, type FieldValue, rankOf } from '../../drivers/sql/order.ts'
import type { Json } from '../../primitives/json.ts'

/** Stands for a bound value until the whole statement is known; no text that PostgreSQL takes can hold it. */
export const MARK = '\0'

/** How many characters of a string an index holds: an entry may not be longer than 2,704 bytes. */
const INDEXED_CHARACTERS = 200

/** A field's value in SQL. No record has a field whose name holds NUL. */
const at = (key: string): string => (key.includes('\0') ? 'null::text' : quoted(key))

const path: PathDialect = {
  literal: (keys) => `data${keys.map((key) => `->${at(key)}`).join('')}`,
  exists: (keys) => `${path.literal(keys)} is not null`,
}

/** PostgreSQL's way to write conditions; `indexed` are the fields of the resource that have an index. */
export const postgresDialect = (indexed: ReadonlySet<string>): Dialect => ({
  id: 'id',
  timestamp: 'last_modified',
  deleted: 'deleted',
  live: 'not deleted',
  text: (value) => fragment(`${MARK}::text`, value),
  integer: (value) => fragment(`${MARK}::bigint`, value),
  textIn: (expression, values) => fragment(`${expression}=any(${MARK}::text[])`, arrayLiteral(values)),
  integerIn: (expression, values) => fragment(`${expression}=any(${MARK}::bigint[])`, arrayLiteral(values)),
  like: (expression, pattern) => like(`${expression}::text`, pattern),
  field: (name) => (indexed.has(name) ? indexedField(name) : plainField(name)),
})

/** The expressions of a field's index, after those of the collection. */
export const indexExpressions = (name: string): string[] => indexedOrder(expressionsOf(name)).slice(0, 3)

/** A field as columns: rank, text and JSON, which compare as R8.3 says. */
interface Expressions {
  readonly value: string
  readonly rank: string
  readonly text: string
  readonly json: string
}

function expressionsOf(name: string): Expressions {
  const value = name.includes('.') ? `(${dottedPath(name, path)})` : `(${path.literal([name])})`
  const rank =
    `(case jsonb_typeof(${value}) when 'null' then 0 when 'string' then 1 when 'number' then 2 when 'boolean' then 3 ` +
    `when 'array' then 4 when 'object' then 5 else 6 end)`
  return {
    value,
    rank,
    text: `(case jsonb_typeof(${value}) when 'string' then ${value}#>>'{}' else '' end collate "C")`,
    json: `(case when jsonb_typeof(${value})<>'string' then ${value} else 'null'::jsonb end)`,
  }
}

function plainField(name: string): JsonField {
  const expressions = expressionsOf(name)
  const { value, rank, text, json } = expressions
  return {
    ...commonField(expressions),
    order: [rank, text, json],
    compare(comparison, other) {
      if (comparison === '=') return fragment(`${value} is not distinct from ${MARK}::jsonb`, jsonText(other))
      if (comparison === '<>') return fragment(`${value} is distinct from ${MARK}::jsonb`, jsonText(other))
      const { rank: otherRank, text: otherText, json: otherJson } = parts(other)
      return fragment(
        `(${rank},${text},${json})${comparison}(${MARK}::int,${MARK}::text collate "C",${MARK}::jsonb)`,
        otherRank,
        otherText,
        otherJson,
      )
    },
    in: (values) => fragment(`coalesce(${value}=any(${MARK}::jsonb[]),false)`, arrayLiteral(values.map((item) => JSON.stringify(item)))),
  }
}

/**
 * A field with an index on (rank, beginning of the text, scalar): conditions and order state these first, so that the index serves them, and
 * the whole value after them. For values of equal rank that is the same order.
 */
function indexedField(name: string): JsonField {
  const expressions = expressionsOf(name)
  const order = indexedOrder(expressions)
  const [rank, beginning, , text] = order
  return {
    ...commonField(expressions),
    order,
    compare(comparison, other) {
      const values = indexedValues(other)
      const marks = [
        `${MARK}::int`,
        `left(${MARK}::text,${INDEXED_CHARACTERS})`,
        `${MARK}::jsonb`,
        `${MARK}::text collate "C"`,
        `${MARK}::jsonb`,
      ]
      if (comparison === '=' || comparison === '<>') {
        const equal = order.map((expression, place) => `${expression}=${marks[place]}`).join(' and ')
        return fragment(comparison === '=' ? `(${equal})` : `not (${equal})`, ...values)
      }
      const row = fragment(`(${order.join(',')})${comparison}(${marks.join(',')})`, ...values)
      return allOf([row, rangeOf(order, comparison, other)])
    },
    in(values) {
      if (!values.every((value) => typeof value === 'string')) return plainField(name).in(values)
      const beginnings = arrayLiteral(values.map((value) => beginningOf(value)))
      return fragment(
        `(${rank}=1 and ${beginning}=any(${MARK}::text[]) and ${text}=any(${MARK}::text[]))`,
        beginnings,
        arrayLiteral(values),
      )
    },
  }
}

/** Follows from a comparison of whole rows, and tells the planner how many there are: of those it knows no statistics. */
function rangeOf([rank, beginning, scalar]: readonly string[], comparison: Comparison, other: FieldValue): Condition {
  const [otherRank, , otherScalar] = indexedValues(other)
  const strict = comparison.startsWith('<') ? '<' : '>'
  const beyond = fragment(`${rank}${strict}${MARK}::int`, otherRank)
  const equal = fragment(`${rank}=${MARK}::int`, otherRank)
  if (typeof other === 'string') {
    return anyOf([beyond, allOf([equal, fragment(`${beginning}${strict}=left(${MARK}::text,${INDEXED_CHARACTERS})`, other)])])
  }
  return anyOf([beyond, allOf([equal, fragment(`${scalar}${strict}=${MARK}::jsonb`, otherScalar)])])
}

function indexedOrder({ rank, text, json, value }: Expressions): [string, string, string, string, string] {
  const scalar = `(case when jsonb_typeof(${value}) in ('number','boolean') then ${value} else 'null'::jsonb end)`
  return [rank, `left(${text},${INDEXED_CHARACTERS})`, scalar, text, json]
}

/** The first characters as PostgreSQL counts them. */
const beginningOf = (text: string): string =>
  Array.from(text.slice(0, 2 * INDEXED_CHARACTERS))
    .slice(0, INDEXED_CHARACTERS)
    .join('')

function indexedValues(value: FieldValue): [number, string, string, string, string] {
  const { rank, text, json } = parts(value)
  return [rank, text, typeof value === 'number' || typeof value === 'boolean' ? json : 'null', text, json]
}

/** A value as `Expressions` has it. */
function parts(value: FieldValue): { readonly rank: number; readonly text: string; readonly json: string } {
  const isText = typeof value === 'string'
  return { rank: rankOf(value), text: isText ? value : '', json: isText ? 'null' : (jsonText(value) ?? 'null') }
}

const jsonText = (value: FieldValue): string | null => (value === undefined ? null : JSON.stringify(value))

function commonField({ value }: Expressions): Pick<JsonField, 'exists' | 'like' | 'contains'> {
  return {
    exists: fragment(`${value} is not null`),
    like: (pattern) => like(`case when jsonb_typeof(${value}) in ('string','number','boolean') then ${value}#>>'{}' end`, pattern),
    contains: (values, quantity) => contains(value, values, quantity),
  }
}

/** R7.8. ICU's rules fold case beyond ASCII, whatever the database's own collation is. */
function like(expression: string, pattern: string): Fragment {
  const escaped = pattern.replace(/[\\%_]/g, '\\$&')
  const matching = escaped.includes('*') ? escaped.replaceAll('*', '%') : `%${escaped}%`
  return fragment(`coalesce((${expression}) collate "und-x-icu" ilike ${MARK}::text,false)`, matching)
}

function contains(value: string, values: readonly Json[], quantity: 'all' | 'any'): Condition {
  const list = arrayLiteral(values.map((item) => JSON.stringify(item)))
  const items = `select jsonb_array_elements(case when jsonb_typeof(${value})='array' then ${value} end)`
  const wanted = `select from unnest(${MARK}::jsonb[]) w where w`
  const holds = quantity === 'all' ? `not exists(${wanted} not in (${items}))` : `exists(${wanted} in (${items}))`
  return fragment(`(coalesce(jsonb_typeof(${value})='array',false) and ${holds})`, list)
}
