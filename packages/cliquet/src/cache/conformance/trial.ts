import type { Cache } from '../contract.ts'

/** What a test is given: a prepared, empty cache. Everything opened is closed after the test. */
export interface CacheTrial {
  readonly cache: Cache
  /** Opens another cache on the same server, prepared and empty, under that prefix. */
  open(prefix: string): Promise<Cache>
  /** Lets so many ms pass for the cache. */
  pass(ms: number): Promise<void>
  /** How many entries the server keeps for `cache`, expired ones included. */
  entries(): Promise<number>
}

/** One test of the suite. Its title starts with the promises it proves. */
export interface CacheTest {
  readonly title: string
  /** An ability that not every implementer can lend; without it the test is skipped. */
  readonly needs?: 'entries' | undefined
  run(trial: CacheTrial): Promise<void>
}
