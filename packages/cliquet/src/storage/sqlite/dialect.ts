import type { Dialect, JsonField } from '../../drivers/sql/dialect.ts'
import { dottedPath, type PathDialect } from '../../drivers/sql/dotted-path.ts'
import { type Fragment, fragment, type Param } from '../../drivers/sql/fragment.ts'
import { type FieldValue, rankOf } from '../../drivers/sql/order.ts'
import { type Json, sortKeys } from '../../primitives/json.ts'

/** SQL text of a string. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** SQLite's path of nested keys, as SQL text; JSON's quoting is SQLite's. */
export const jsonPath = (keys: readonly string[]): string => quoted(`$${keys.map((key) => `.${JSON.stringify(key)}`).join('')}`)

const path: PathDialect = {
  literal: jsonPath,
  exists: (keys) => `json_type(data,${jsonPath(keys)}) is not null`,
}

/**
 * SQLite's way to write conditions. A field is a pair (rank, value), so that values of all types have one order (R8.3). An operator may index
 * these expressions: `create index … on records(parent_id, resource, <rank>, <value>, last_modified)` with the text as in `explain`.
 */
export const sqliteDialect: Dialect = {
  id: 'id',
  timestamp: 'last_modified',
  deleted: 'deleted=1',
  live: 'deleted=0',
  text: (value) => fragment('?', value),
  integer: (value) => fragment('?', value),
  textIn: (expression, values) => fragment(`${expression} in (select value from json_each(?))`, JSON.stringify(values)),
  integerIn: (expression, values) => fragment(`${expression} in (select value from json_each(?))`, JSON.stringify(values)),
  like: (expression, pattern) => fragment(`like_ci(cast(${expression} as text),?)`, pattern),
  field,
}

const RANKS =
  "when 'null' then 0 when 'text' then 1 when 'integer' then 2 when 'real' then 2 " +
  "when 'true' then 3 when 'false' then 3 when 'array' then 4 when 'object' then 5 else 6 end"

function field(name: string): JsonField {
  const at = name.includes('.') ? dottedPath(name, path) : jsonPath([name])
  const rank = `case json_type(data,${at}) ${RANKS}`
  const value = `ifnull(json_extract(data,${at}),0)`
  return {
    order: [rank, value],
    exists: fragment(`json_type(data,${at}) is not null`),
    compare: (comparison, other) => fragment(`(${rank},${value}) ${comparison} (?,?)`, rankOf(other), bound(other)),
    in: (values) => fragment(`(${rank},${value}) in (${LISTED})`, pairs(values)),
    like: (pattern) => likeText(at, rank, pattern),
    contains: (values, quantity) => contains(at, values, quantity),
  }
}

const LISTED = 'select value->>0,value->>1 from json_each(?)'

/** A value as `json_extract` gives it. */
function bound(value: FieldValue): Param {
  if (value === undefined || value === null) return 0
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'object' ? JSON.stringify(sortKeys(value)) : value
}

const pairs = (values: readonly Json[]): string => JSON.stringify(values.map((value) => [rankOf(value), bound(value)]))

/** Numbers and booleans are matched by their JSON text, the rest but strings never (R7.8). */
function likeText(at: string, rank: string, pattern: string): Fragment {
  return fragment(`like_ci(case ${rank} when 1 then data->>${at} when 2 then data->${at} when 3 then data->${at} end,?)`, pattern)
}

function contains(at: string, values: readonly Json[], quantity: 'all' | 'any'): Fragment {
  const items = `select case j.type ${RANKS},ifnull(j.value,0) from json_each(case json_type(data,${at}) when 'array' then json_extract(data,${at}) end) j`
  const wanted = `select 1 from json_each(?) w where (w.value->>0,w.value->>1)`
  const holds = quantity === 'all' ? `not exists(${wanted} not in (${items}))` : `exists(${wanted} in (${items}))`
  return fragment(`(ifnull(json_type(data,${at}),'')='array' and ${holds})`, pairs(values))
}
