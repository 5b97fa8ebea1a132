import { createSqliteStorage } from './storage.ts'

export { createSqliteStorage }

/** The factory by which settings name this backend: `storage_backend = cliquet/storage/sqlite`. */
export const createStorage = createSqliteStorage

export type { SqliteStorageOptions } from './storage.ts'
