import type { JsonObject } from '../../primitives/json.ts'
import { sortKeys } from '../../primitives/json.ts'

/** The text that stands for the value of a unique field: equal for deeply equal values only; undefined for null and absent, which nobody owns. */
export function uniqueText(fields: JsonObject, field: string): string | undefined {
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined
  return value === undefined || value === null ? undefined : JSON.stringify(sortKeys(value))
}
