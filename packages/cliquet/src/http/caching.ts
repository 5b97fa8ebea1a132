import type { Clock } from '../primitives/clock.ts'

/** Caching headers that hold for so many seconds; none for a negative number (R1.6, R12.7). */
export function cacheHeaders(seconds: number, clock: Clock): Record<string, string> {
  if (seconds < 0) return {}
  return { 'cache-control': `max-age=${seconds}`, expires: httpDate(clock() + seconds * 1000) }
}

/** The last instant that an HTTP date can name. */
const END_OF_DATES = Date.UTC(9999, 11, 31, 23, 59, 59)

/** A time in ms as an HTTP date, truncated to the second. */
export const httpDate = (time: number): string => new Date(Math.min(time, END_OF_DATES)).toUTCString()
