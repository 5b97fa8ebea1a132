import type { Clock } from '../../primitives/clock.ts'

/** A value as JSON text and when its time is over, ms since the epoch. */
export interface Entry {
  readonly text: string
  readonly end: number
}

/** Entries by key, the least recently used first, of limited size. Expired ones are never given back. */
export interface Entries {
  /** How many are kept, expired ones that were not swept yet included. */
  readonly size: number
  /** The entry of a key, which becomes the most recently used. */
  use(key: string): Entry | undefined
  /** Keeps an entry, and drops what was not used for longest while there is too much. */
  set(key: string, entry: Entry): void
  /** Removes and gives an entry. */
  take(key: string): Entry | undefined
  clear(): void
}

/** How many entries each write looks at for expired ones: more than it adds, so they can't pile up. */
const sweptPerWrite = 16

const bytesOf = (key: string, { text }: Entry): number => Buffer.byteLength(key) + Buffer.byteLength(text)

/** Makes an empty set of at most so many bytes of keys and values. */
export function createEntries(clock: Clock, maxBytes: number): Entries {
  const entries = new Map<string, Entry>()
  let bytes = 0
  let sweep = entries.entries()

  function drop(key: string): Entry | undefined {
    const entry = entries.get(key)
    if (!entry) return undefined
    entries.delete(key)
    bytes -= bytesOf(key, entry)
    return entry
  }

  function keep(key: string, entry: Entry): Entry {
    entries.set(key, entry)
    bytes += bytesOf(key, entry)
    return entry
  }

  function take(key: string): Entry | undefined {
    const entry = drop(key)
    return entry && entry.end > clock() ? entry : undefined
  }

  function sweepSome(): void {
    for (let i = 0; i < sweptPerWrite; i += 1) {
      const next = sweep.next()
      if (next.done) {
        sweep = entries.entries()
        return
      }
      const [key, entry] = next.value
      if (entry.end <= clock()) drop(key)
    }
  }

  function set(key: string, entry: Entry): void {
    drop(key)
    keep(key, entry)
    sweepSome()
    for (const oldest of entries.keys()) {
      if (bytes <= maxBytes) break
      drop(oldest)
    }
  }

  function use(key: string): Entry | undefined {
    const entry = take(key)
    return entry && keep(key, entry)
  }

  function clear(): void {
    entries.clear()
    bytes = 0
  }

  return {
    get size() {
      return entries.size
    },
    use,
    set,
    take,
    clear,
  }
}
