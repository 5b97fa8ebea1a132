import { isJsonArray, type Json } from '../../primitives/json.ts'

/** A field's value; undefined: absent. */
export type FieldValue = Json | undefined

/** How two values compare. */
export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>='

/** Where values of this kind stand in the order of R8.3: null 0, string 1, number 2, boolean 3, array 4, object 5, absent 6. */
export function rankOf(value: FieldValue): number {
  if (value === undefined) return 6
  if (value === null) return 0
  if (typeof value === 'string') return 1
  if (typeof value === 'number') return 2
  if (typeof value === 'boolean') return 3
  return isJsonArray(value) ? 4 : 5
}

/** Whether the comparison holds for two things of which the first is smaller (< 0), equal (0) or greater (> 0). */
export function holds(comparison: Comparison, difference: number): boolean {
  if (comparison === '=') return difference === 0
  if (comparison === '<>') return difference !== 0
  if (comparison === '<') return difference < 0
  if (comparison === '<=') return difference <= 0
  return comparison === '>' ? difference > 0 : difference >= 0
}
