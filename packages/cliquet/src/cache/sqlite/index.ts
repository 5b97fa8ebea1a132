import { createSqliteCache } from './cache.ts'

export { createSqliteCache }

/** The factory by which settings name this backend: `cache_backend = cliquet/cache/sqlite`. */
export const createCache = createSqliteCache

export type { SqliteCacheOptions } from './cache.ts'
