/** Any value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** A JSON object. Its keys are the client's: never used as property names of an object with a prototype that matters. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** Whether `value` is a JSON object: neither null nor an array. */
export const isJsonObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Parses text that this program wrote itself, such as a stored record. */
export function parseObject(text: string): JsonObject {
  return JSON.parse(text) as JsonObject // only the text of objects is ever stored (S1)
}

/**
 * JSON text of a record's fields in the form storage keeps: the keys of nested objects are sorted, so that deep equality is equality of
 * texts; the order of the outer keys stays the author's.
 */
export function storedText(fields: JsonObject): string {
  for (const key in fields) {
    const value = fields[key]
    if (typeof value === 'object' && value !== null) return JSON.stringify(sortNested(fields))
  }
  return JSON.stringify(fields)
}

function sortNested(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, sortKeys(value)]))
}

/** The same value with the keys of every object in it sorted by code unit. */
export function sortKeys(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (isJsonArray(value)) return value.map(sortKeys)
  const entries = Object.entries(value).map(([key, item]): [string, Json] => [key, sortKeys(item)])
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

/** `Array.isArray` that narrows readonly JSON arrays. */
export const isJsonArray = (value: Json): value is readonly Json[] => Array.isArray(value)
