import { sortKeys } from '../../primitives/json.ts'
import type { SortValue } from '../query.ts'

/** A value in the order of R8.3: by rank, then by text or number. Equal values, deeply, have equal keys. */
export interface OrderKey {
  readonly rank: number
  readonly value: string | number
}

const absent: OrderKey = { rank: 6, value: 0 }
const nothing: OrderKey = { rank: 0, value: 0 }

/** The place of a value in the order. Arrays among themselves, and objects, are in the order of their canonical texts. */
export function orderKey(value: SortValue): OrderKey {
  if (value === undefined) return absent
  if (value === null) return nothing
  if (typeof value === 'string') return { rank: 1, value }
  if (typeof value === 'number') return { rank: 2, value }
  if (typeof value === 'boolean') return { rank: 3, value: value ? 1 : 0 }
  return { rank: Array.isArray(value) ? 4 : 5, value: JSON.stringify(sortKeys(value)) }
}

/** Negative, 0 or positive. */
export function compareKeys(a: OrderKey, b: OrderKey): number {
  if (a.rank !== b.rank) return a.rank - b.rank
  if (typeof a.value === 'string' && typeof b.value === 'string') return compareByCodePoint(a.value, b.value)
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0
}

/** Whether the values are deeply equal. */
export const equalKeys = (a: OrderKey, b: OrderKey): boolean => a.rank === b.rank && a.value === b.value

/** JavaScript compares by UTF-16 unit, where characters beyond U+FFFF come before U+E000 to U+FFFF. */
function compareByCodePoint(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i += 1) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return isSurrogate(left) === isSurrogate(right) ? left - right : isSurrogate(left) ? 1 : -1
  }
  return a.length - b.length
}

/** Half of a character beyond U+FFFF: greater than any unit that is a character by itself, and in the right order among themselves. */
const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
