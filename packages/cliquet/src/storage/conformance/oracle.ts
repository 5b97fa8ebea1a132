/**
 * What R7 and R8 say, written as plainly as possible and without regard to speed. Backends are compared with it; none may import it, and it
 * imports none.
 */
import assert from 'node:assert/strict'
import type { Json, JsonObject } from '../../primitives/json.ts'
import { isJsonArray, isJsonObject } from '../../primitives/json.ts'
import type { Filter, Query, Sort, SortValue } from '../query.ts'

/** The value of a field, dotted or not (R7.6); undefined when it is absent. */
export function fieldOf(document: Json | undefined, name: string): SortValue {
  if (document === undefined || !isJsonObject(document)) return undefined
  if (Object.hasOwn(document, name)) return document[name]
  for (let dot = name.lastIndexOf('.'); dot >= 0; dot = dot === 0 ? -1 : name.lastIndexOf('.', dot - 1)) {
    const prefix = name.slice(0, dot)
    if (Object.hasOwn(document, prefix)) return fieldOf(document[prefix], name.slice(dot + 1))
  }
  return undefined
}

function rankOf(value: SortValue): number {
  if (value === undefined) return 6
  if (value === null) return 0
  if (Array.isArray(value)) return 4
  return { string: 1, number: 2, boolean: 3, object: 5 }[typeof value as 'string' | 'number' | 'boolean' | 'object'] // JSON has no others
}

/** The order of two strings by code point, not by UTF-16 unit. */
function compareText(a: string, b: string): number {
  const left = [...a].map((character) => character.codePointAt(0) ?? 0)
  const right = [...b].map((character) => character.codePointAt(0) ?? 0)
  for (const [i, code] of left.entries()) {
    const other = right[i]
    if (other === undefined) return 1
    if (code !== other) return code - other
  }
  return left.length - right.length
}

/** Deep equality of JSON values; absent equals absent only. */
export function equal(a: SortValue, b: SortValue): boolean {
  if (a === undefined || b === undefined || a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b
  if (isJsonArray(a) || isJsonArray(b)) {
    return isJsonArray(a) && isJsonArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]))
  }
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
}

/** The order of R8.3: negative, 0, positive, or undefined between two unequal arrays or two unequal objects, of which nothing is said. */
export function compare(a: SortValue, b: SortValue): number | undefined {
  if (equal(a, b)) return 0
  const ranks = rankOf(a) - rankOf(b)
  if (ranks !== 0) return ranks
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'object') return undefined
  return Number(a) - Number(b)
}

/** Whether a pattern matches (R7.8), decided by taking the pattern apart at its stars. */
export function matchesPattern(value: SortValue, pattern: string): boolean {
  if (value === undefined || value === null || typeof value === 'object') return false
  const text = String(value).toLowerCase()
  const parts = (pattern.includes('*') ? pattern : `*${pattern}*`).toLowerCase().split('*')
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let rest = text.slice(first.length, text.length - last.length)
  for (const part of parts.slice(1, -1)) {
    const found = rest.indexOf(part)
    if (found < 0) return false
    rest = rest.slice(found + part.length)
  }
  return true
}

const listOf = (value: Json): readonly Json[] => (isJsonArray(value) ? value : assert.fail(`${JSON.stringify(value)} should be a list`))

/** Whether a document passes a filter (R7.2); undefined where nothing is said. */
function passes(document: JsonObject, { field, operator, value }: Filter): boolean | undefined {
  const own = fieldOf(document, field)
  const order = compare(own, value)
  switch (operator) {
    case 'eq':
      return equal(own, value)
    case 'not':
      return !equal(own, value)
    case 'lt':
      return order === undefined ? undefined : order < 0
    case 'max':
      return order === undefined ? undefined : order <= 0
    case 'gt':
      return order === undefined ? undefined : order > 0
    case 'min':
      return order === undefined ? undefined : order >= 0
    case 'in':
      return listOf(value).some((item) => equal(own, item))
    case 'exclude':
      return !listOf(value).some((item) => equal(own, item))
    case 'like':
      return matchesPattern(own, String(value))
    case 'has':
      return (own !== undefined) === value
    case 'contains':
      return own !== undefined && isJsonArray(own) && listOf(value).every((item) => own.some((has) => equal(has, item)))
    case 'contains_any':
      return own !== undefined && isJsonArray(own) && listOf(value).some((item) => own.some((has) => equal(has, item)))
  }
}

/** The order of two documents by several keys; undefined where nothing is said. */
export function compareBy(sort: readonly Sort[], a: readonly SortValue[], b: readonly SortValue[]): number | undefined {
  for (const [i, { direction }] of sort.entries()) {
    const order = compare(a[i], b[i])
    if (order === undefined) return undefined
    if (order !== 0) return direction === 'ascending' ? order : -order
  }
  return 0
}

/** The values of a document's sort keys. */
export const keysOf = (document: JsonObject, sort: readonly Sort[]): readonly SortValue[] =>
  sort.map(({ field }) => fieldOf(document, field))

/** The documents that a query selects, in no order and without its limit; undefined where nothing is said of at least one. */
export function select(documents: readonly JsonObject[], query: Omit<Query, 'limit'>): readonly JsonObject[] | undefined {
  const { filters, sort, after, ids } = query
  const withTombstones = filters.some(({ field }) => field === 'last_modified')
  const selected: JsonObject[] = []
  for (const document of documents) {
    if (document.deleted === true && !withTombstones) continue
    if (ids && !ids.includes(String(document.id))) continue
    const verdicts: (boolean | undefined)[] = filters.map((filter) => passes(document, filter))
    if (after) {
      const order = compareBy(sort, keysOf(document, sort), after)
      verdicts.push(order === undefined ? undefined : order > 0)
    }
    if (verdicts.includes(false)) continue
    if (verdicts.includes(undefined)) return undefined
    selected.push(document)
  }
  return selected
}
