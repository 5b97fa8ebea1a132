import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Cache } from '../contract.ts'
import { createMemoryCache } from './cache.ts'

/** Makes the cache of a service whose `cache_url` is `memory:`. Each has its own memory, so prefixes make no difference. */
export const createCache = ({ clock, maxBytes }: BackendOptions): Cache => createMemoryCache({ clock, maxBytes })

export type { MemoryCache, MemoryCacheOptions } from './cache.ts'
export { createMemoryCache } from './cache.ts'
