import { BackendError } from '../../errors/backend-error.ts'

/** What a server can be asked to do, by its number in the binary protocol. */
export const operations = { get: 0x00, set: 0x01, add: 0x02, delete: 0x04, version: 0x0b } as const

/** A request. */
export interface MemcachedRequest {
  readonly operation: keyof typeof operations
  readonly key?: string | undefined
  readonly value?: Buffer | undefined
  /** When the server forgets the value (`expirationOf`). */
  readonly expiration?: number | undefined
  /** The version of the value that the request is about; it is refused with `exists` when there is another by now. */
  readonly version?: Buffer | undefined
}

/** What became of it: done; there is no such key; there is such a key already, or in another version. */
export type MemcachedOutcome = 'done' | 'missing' | 'exists'

/** An answer. */
export interface MemcachedAnswer {
  readonly outcome: MemcachedOutcome
  readonly value: Buffer
  /** Of the value; changes with every write. */
  readonly version: Buffer
}

const outcomes = new Map<number, MemcachedOutcome>([
  [0x00, 'done'],
  [0x01, 'missing'],
  [0x02, 'exists'],
])

const faults = new Map([
  [0x03, 'the value is larger than the server keeps (1 MB, unless it was started with another -I)'],
  [0x05, 'the value was not stored'],
  [0x20, 'the server wants authentication, which is not supported'],
  [0x81, 'the server does not know the command: is it a Memcached that speaks the binary protocol?'],
  [0x82, 'the server is out of memory'],
])

/** What a status says. @throws BackendError for one that says that the server did not do its work */
export function outcomeOf(status: number, place: string): MemcachedOutcome {
  const outcome = outcomes.get(status)
  if (outcome !== undefined) return outcome
  throw new BackendError(`Memcached ${place}: ${faults.get(status) ?? `status 0x${status.toString(16)}`}`)
}

/** Longer times the server takes for points in time, in s since the epoch. */
const LONGEST_DURATION = 30 * 24 * 3600

/** The latest point in time that the server understands. */
const LATEST = 2 ** 31 - 1

/**
 * What the server is told so that it keeps a value for at least so many ms, and not much longer. Its clock ticks once a second, so it gets a second
 * more; what is exact is kept with the value. 0: until it needs the memory.
 */
export function expirationOf(ttl: number, now: number): number {
  const seconds = Math.ceil(ttl / 1000) + 1
  if (seconds <= LONGEST_DURATION) return seconds
  const end = Math.floor(now / 1000) + seconds
  return end <= LATEST ? end : 0
}
