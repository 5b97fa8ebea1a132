import type { Clock } from '../../primitives/clock.ts'
import { systemClock } from '../../primitives/clock.ts'
import type { Json } from '../../primitives/json.ts'
import { type Cache, notANumber } from '../contract.ts'
import type { Entry } from './entries.ts'
import { createEntries } from './entries.ts'

/** How a memory cache is made. */
export interface MemoryCacheOptions {
  /** The machine's, unless given. */
  readonly clock?: Clock | undefined
  /** How many bytes of keys and values are kept at most; what was not used for longest is dropped first. 524288, unless given. */
  readonly maxBytes?: number | undefined
}

/** A cache in the memory of this process. */
export interface MemoryCache extends Cache {
  /** How many entries are kept, expired ones that were not swept yet included. */
  readonly size: number
}

const parse = (text: string): Json => JSON.parse(text) as Json // the text was made by JSON.stringify of a Json

/**
 * Makes a cache that keeps everything in the memory of this process. Each call is done within one turn of the event loop, which makes it
 * atomic. Other processes don't see it: tokens that one of them may use once could be used once in each.
 */
export function createMemoryCache(options: MemoryCacheOptions = {}): MemoryCache {
  const { clock = systemClock, maxBytes = 524_288 } = options
  const entries = createEntries(clock, maxBytes)
  const made = (value: Json, ttl: number): Entry => ({ text: JSON.stringify(value), end: clock() + ttl })
  const valueIn = (entry: Entry | undefined): Json | undefined => entry && parse(entry.text)
  return {
    get size() {
      return entries.size
    },
    prepare: async () => {},
    get: async (key) => valueIn(entries.use(key)),
    set: async (key, value, ttl) => entries.set(key, made(value, ttl)),
    add: async (key, value, ttl) => {
      if (entries.use(key)) return false
      entries.set(key, made(value, ttl))
      return true
    },
    increment: async (key, by, ttl) => {
      const entry = entries.use(key)
      const before = entry === undefined ? 0 : parse(entry.text)
      if (typeof before !== 'number' || !Number.isInteger(before)) throw notANumber()
      const sum = before + by
      const end = entry?.end ?? clock() + ttl
      entries.set(key, { text: JSON.stringify(sum), end })
      return { sum, ttl: end - clock() }
    },
    remove: async (key) => valueIn(entries.take(key)),
    ttl: async (key) => {
      const entry = entries.use(key)
      return entry && entry.end - clock()
    },
    expire: async (key, ttl) => {
      const entry = entries.use(key)
      if (entry) entries.set(key, { ...entry, end: clock() + ttl })
      return entry !== undefined
    },
    flush: async () => entries.clear(),
    check: async () => true,
    close: async () => entries.clear(),
  }
}
