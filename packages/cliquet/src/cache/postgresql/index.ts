import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Migrations } from '../../drivers/migrations.ts'
import { createPostgresMigrations } from '../../drivers/postgresql/database.ts'
import type { Cache } from '../contract.ts'
import { createPostgresCache } from './cache.ts'
import { schema } from './schema.ts'

export { createPostgresCache, type PostgresCacheOptions } from './cache.ts'

/** Makes the cache that the setting `cache_backend = cliquet/cache/postgresql` names. */
export const createCache = (options: BackendOptions): Cache => createPostgresCache(options)

/** The migrations of its table. */
export const createMigrations = (options: BackendOptions): Migrations => createPostgresMigrations(options, schema)
