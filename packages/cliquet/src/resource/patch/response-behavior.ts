import { invalid } from '../../errors/invalid-parameters.ts'
import type { Json, JsonObject } from '../../primitives/json.ts'
import { sameJson } from './equality.ts'

/** What the answer to a PATCH shows (R5.28). */
export type Behavior = 'full' | 'light' | 'diff'

const behaviors: readonly Behavior[] = ['full', 'light', 'diff']

/** Parses a `Response-Behavior` header; `full` when there is none. @throws InvalidParameters for any other word, also in another case */
export function parseBehavior(header: string | undefined): Behavior {
  if (header === undefined) return 'full'
  const behavior = behaviors.find((name) => name === header)
  if (behavior === undefined) {
    throw invalid('header', 'Response-Behavior', `${JSON.stringify(header)} is not one of ${behaviors.join(', ')}`)
  }
  return behavior
}

/** A record before and after a PATCH, and what the client sent: the `data` of its body, or with JSON Patch the whole patched record. */
export interface Patched {
  readonly before: JsonObject
  /** As it is stored. */
  readonly after: JsonObject
  readonly sent: JsonObject
}

/**
 * The `data` of the answer (R5.28): `full` the whole record; `light` the sent fields whose stored value is no longer the one before; `diff`
 * of those the ones whose stored value is not the one sent. Removed fields are left out.
 */
export function behave(behavior: Behavior, { before, after, sent }: Patched): JsonObject {
  if (behavior === 'full') return after
  const shown = Object.entries(after).filter(([field, value]) => {
    if (!Object.hasOwn(sent, field) || sameJson(own(before, field), value)) return false
    return behavior === 'light' || !sameJson(own(sent, field), value)
  })
  return Object.fromEntries(shown)
}

const own = (object: JsonObject, field: string): Json | undefined => (Object.hasOwn(object, field) ? object[field] : undefined)
