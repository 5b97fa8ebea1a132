import { createRedisCache } from './cache.ts'

export { createRedisCache }

/** The factory by which settings name this backend: `cache_backend = cliquet/cache/redis`. */
export const createCache = createRedisCache

export type { RedisCacheOptions } from './cache.ts'
