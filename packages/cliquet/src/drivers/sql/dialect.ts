import type { Json } from '../../primitives/json.ts'
import type { Condition, Fragment } from './fragment.ts'
import type { Comparison, FieldValue } from './order.ts'

/** A field inside the JSON column, whatever type its value has. Its conditions are never null. */
export interface JsonField {
  /** The expressions to sort by, most significant first. */
  readonly order: readonly string[]
  /** In the order of R8.3, where absent is the greatest. */
  compare(comparison: Comparison, value: FieldValue): Condition
  /** Whether it equals one of the values; absent equals none. */
  in(values: readonly Json[]): Condition
  /** R7.8. */
  like(pattern: string): Condition
  readonly exists: Fragment
  /** Whether it is an array with all, or any, of the values. */
  contains(values: readonly Json[], quantity: 'all' | 'any'): Condition
}

/** How an engine writes what the generator of conditions needs. Records are rows with `id`, `last_modified`, `deleted` and a JSON column. */
export interface Dialect {
  /** The column `id`: text that compares by code point. */
  readonly id: string
  /** The column `last_modified`: an integer. */
  readonly timestamp: string
  /** Whether a row is a tombstone, and whether it is none. Both texts are those of the partial indexes. */
  readonly deleted: string
  readonly live: string
  /** A mark for a bound text or integer. */
  text(value: string): Fragment
  integer(value: number): Fragment
  /** Whether an expression is one of the bound values, in a statement whose text doesn't depend on how many. */
  textIn(expression: string, values: readonly string[]): Fragment
  integerIn(expression: string, values: readonly number[]): Fragment
  /** Whether an expression's text matches (R7.8). */
  like(expression: string, pattern: string): Fragment
  /** A field of the record, by its dotted name (`dottedPath`). */
  field(name: string): JsonField
}
