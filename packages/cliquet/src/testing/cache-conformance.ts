import type { CacheTest } from '../cache/conformance/index.ts'
import { cachePromises, cacheTests } from '../cache/conformance/index.ts'
import type { Cache } from '../cache/contract.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Gap } from './account.ts'
import { createHeldClock } from './clock.ts'
import { createOpened, notLent } from './lent.ts'
import type { Suite, SuiteTest } from './suite.ts'
import { register } from './suite.ts'

/** Opens a cache on the server under test, always the same, not prepared; the suite prepares and empties it. */
export type OpenCache = (options: { readonly clock: Clock; readonly prefix: string }) => Promise<Cache> | Cache

/** What an implementer lends to the suite. A promise whose tests need something that is not given must be declared a gap. */
export interface CacheConformanceOptions {
  /** Promises that the implementation does not keep, each with its reason. */
  readonly gaps?: readonly Gap[] | undefined
  /** Lets so many ms pass when the server has a clock of its own; else the given clock is moved. */
  readonly wait?: ((ms: number) => Promise<void>) | undefined
  /** How many entries the server keeps for a cache, expired ones included. Needed for C9. */
  readonly entries?: ((cache: Cache) => Promise<number> | number) | undefined
}

async function run(test: CacheTest, open: OpenCache, { wait, entries }: CacheConformanceOptions): Promise<void> {
  const clock = createHeldClock()
  const opened = createOpened()
  const openEmpty = async (prefix: string): Promise<Cache> => {
    const cache = opened.keep(await open({ clock, prefix }))
    await cache.prepare()
    await cache.flush()
    return cache
  }
  try {
    const cache = await openEmpty('conformance:')
    await test.run({
      cache,
      open: openEmpty,
      pass: wait ?? (async (ms) => clock.advance(ms)),
      entries: entries ? async () => entries(cache) : notLent('entries'),
    })
  } finally {
    await opened.closeAll()
  }
}

/** The suite as data. */
export function cacheSuite(name: string, open: OpenCache, options: CacheConformanceOptions = {}): Suite {
  const tests = cacheTests.map(
    (test): SuiteTest => ({
      title: test.title,
      missing: test.needs && !options[test.needs] ? test.needs : undefined,
      run: () => run(test, open, options),
    }),
  )
  return { contract: 'cache', name, promises: cachePromises, tests, gaps: options.gaps ?? [] }
}

/** Registers tests with `node:test` that prove every promise of `Cache`; see `storageConformance`. */
export function cacheConformance(name: string, open: OpenCache, options: CacheConformanceOptions = {}): void {
  register(cacheSuite(name, open, options))
}
