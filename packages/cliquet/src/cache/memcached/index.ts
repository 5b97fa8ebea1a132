import { createMemcachedCache } from './cache.ts'

export { createMemcachedCache }

/** The factory by which settings name this backend: `cache_backend = cliquet/cache/memcached`. */
export const createCache = createMemcachedCache

export type { MemcachedCacheOptions } from './cache.ts'
