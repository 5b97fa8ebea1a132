import { BackendError } from '../errors/backend-error.ts'
import type { Json } from '../primitives/json.ts'

/**
 * Keeps small values for a while: verified tokens, single-use tokens, rate limits. Every promise is proven by `conformance/`.
 * Any method may fail with `BackendError`.
 *
 * - C1. What was set is got back, any JSON value, until its time is over; an unknown or expired key gives undefined.
 * - C2. Setting again replaces value and time.
 * - C3. `remove` gives the removed value, or undefined; of N concurrent removals of one key exactly one gets it (single-use tokens, R8.10).
 * - C4. `ttl` is what is left, in ms, > 0; undefined for an unknown or expired key.
 * - C5. `expire` gives a known key a new time to live, and says whether it did; it revives nothing.
 * - C6. Keys match by equality, whatever characters they have; two caches with different prefixes on one server never meet.
 * - C7. `flush` removes everything under this prefix.
 * - C8. `check` sets and removes a private key, or only reads, and tells whether that worked (R2.5).
 * - C9. Expired entries don't pile up: they are removed without being asked for.
 * - C10. After `close` nothing is left open; a second `close` does nothing.
 * - C11. Values given back are nobody's: changing what was returned or given changes nothing kept.
 * - C12. `add` sets a key only if it is unknown or expired and says whether it did; of N concurrent ones exactly one does.
 * - C13. `increment` adds a whole number to the one that is kept, or keeps it where the key is unknown or expired, and gives the sum and what is left of its
 *   time, which is that of the one who began; of N concurrent ones none is lost. Of a key with another value it fails (`BackendError`), and changes nothing.
 */
export interface Cache {
  prepare(): Promise<void>
  get(key: string): Promise<Json | undefined>
  /** @param ttl time to live in ms, > 0 */
  set(key: string, value: Json, ttl: number): Promise<void>
  add(key: string, value: Json, ttl: number): Promise<boolean>
  /** @param ttl of a key that is new, as of `set` */
  increment(key: string, by: number, ttl: number): Promise<Counted>
  remove(key: string): Promise<Json | undefined>
  ttl(key: string): Promise<number | undefined>
  expire(key: string, ttl: number): Promise<boolean>
  flush(): Promise<void>
  check(options: { readonly readonly: boolean }): Promise<boolean>
  close(): Promise<void>
}

/** A number after it was added to. */
export interface Counted {
  readonly sum: number
  /** How long it is kept yet, ms, > 0. */
  readonly ttl: number
}

/** What `increment` fails with of a key with another value. */
export const notANumber = (): BackendError =>
  new BackendError('what the cache keeps for this key is no whole number, and can not be added to')
