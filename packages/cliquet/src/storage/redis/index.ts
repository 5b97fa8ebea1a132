import { createRedisStorage } from './storage.ts'

export { createRedisStorage }

/** The factory by which settings name this backend: `storage_backend = cliquet/storage/redis`. */
export const createStorage = createRedisStorage

export type { RedisStorageOptions } from './storage.ts'
