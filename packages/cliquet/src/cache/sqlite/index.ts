import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Migrations } from '../../drivers/migrations.ts'
import { createSqliteMigrations } from '../../drivers/sqlite/migrations.ts'
import { createSqliteCache } from './cache.ts'
import { schema } from './schema.ts'

export { createSqliteCache }

/** The factory by which settings name this backend: `cache_backend = cliquet/cache/sqlite`. */
export const createCache = createSqliteCache

/** The migrations of its table. */
export const createMigrations = (options: BackendOptions): Migrations => createSqliteMigrations(options, schema)

export type { SqliteCacheOptions } from './cache.ts'
