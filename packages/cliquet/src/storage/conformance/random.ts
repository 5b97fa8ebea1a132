/** A source of random choices. */
export interface Random {
  /** An integer from 0 to `n` − 1. */
  below(n: number): number
  /** Whether something with this probability happens. */
  chance(probability: number): boolean
  /** One of the items; of none, it fails. */
  pick<T>(items: readonly T[]): T
  /** From `least` to `most` of what `make` makes. */
  list<T>(least: number, most: number, make: () => T): T[]
}

/** Makes a generator whose choices depend on the seed only (Mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  const below = (n: number): number => Math.floor(next() * n)
  return {
    below,
    chance: (probability) => next() < probability,
    pick<T>(items: readonly T[]): T {
      return items[below(items.length)] as T // the index is in range: the lists of the suite are not empty
    },
    list: (least, most, make) => Array.from({ length: least + below(most - least + 1) }, make),
  }
}
