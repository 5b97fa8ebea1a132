import { keepingTests } from './keeping.ts'
import type { CacheTest } from './trial.ts'
import { valueTests } from './values.ts'

/** The numbers of the promises of `Cache`. */
export const cachePromises: readonly string[] = Array.from({ length: 13 }, (_, i) => `C${i + 1}`)

/** The tests of all promises. */
export const cacheTests: readonly CacheTest[] = [...valueTests, ...keepingTests]

export type { CacheTest, CacheTrial } from './trial.ts'
