import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Migrations } from '../../drivers/migrations.ts'
import { createPostgresMigrations } from '../../drivers/postgresql/database.ts'
import type { Storage } from '../contract.ts'
import { schema } from './schema.ts'
import { createPostgresStorage } from './storage.ts'

export { createPostgresStorage, type PostgresStorageOptions } from './storage.ts'

/** Makes the storage that the setting `storage_backend = cliquet/storage/postgresql` names. */
export const createStorage = (options: BackendOptions): Storage => createPostgresStorage(options)

/** The migrations of its tables. */
export const createMigrations = (options: BackendOptions): Migrations => createPostgresMigrations(options, schema)
