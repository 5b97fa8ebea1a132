import type { Fault } from '../errors/invalid-parameters.ts'
import { isJsonArray, type Json, type JsonObject } from '../primitives/json.ts'
import { bodyFault, placeName } from './faults.ts'

/** How deep a record's objects and arrays may be nested; the record itself is the first level. */
export const maximumDepth = 100

/**
 * What no backend could keep faithfully: NUL characters and lone surrogates, in any key or text, and nesting deeper than 100. Names the first
 * such place (`data.tags.0`; `data` when too deep), or gives undefined. Safe for any depth; everything else that looks at a client's value may
 * rely on it.
 */
export function findForbiddenText(fields: JsonObject): Fault | undefined {
  const path = forbiddenPath(fields, 1)
  if (path === undefined) return undefined
  if (path === 'too deep') return bodyFault('data', `Nested deeper than ${maximumDepth} levels`)
  return bodyFault(placeName('data.', path.toReversed()), 'Invalid character: NUL or a lone surrogate')
}

/** Whether every backend keeps `text` as it is: it has no NUL character and no lone surrogate. */
export const isStorableText = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** The keys that lead to a forbidden text, the innermost first. */
function forbiddenPath(value: Exclude<Json, null | boolean | number | string>, depth: number): string[] | 'too deep' | undefined {
  if (depth > maximumDepth) return 'too deep'
  if (isJsonArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const found = forbiddenIn(value[index], depth)
      if (found !== undefined) return within(found, String(index))
    }
    return undefined
  }
  for (const key of Object.keys(value)) {
    const found = isStorableText(key) ? forbiddenIn(value[key], depth) : []
    if (found !== undefined) return within(found, key)
  }
  return undefined
}

function forbiddenIn(value: Json | undefined, depth: number): string[] | 'too deep' | undefined {
  if (typeof value === 'string') return isStorableText(value) ? undefined : []
  return typeof value === 'object' && value !== null ? forbiddenPath(value, depth + 1) : undefined
}

function within(found: string[] | 'too deep', key: string): string[] | 'too deep' {
  if (found !== 'too deep') found.push(key)
  return found
}
