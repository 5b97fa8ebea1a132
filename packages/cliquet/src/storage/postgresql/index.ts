import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Migrations } from '../../drivers/migrations.ts'
import { createPostgresMigrations } from '../../drivers/postgresql/database.ts'
import { createPostgresSqlDatabase } from '../../drivers/postgresql/sql-database.ts'
import type { SqlDatabase } from '../../drivers/sql-database.ts'
import type { Storage } from '../contract.ts'
import { schema } from './schema.ts'
import { createPostgresStorage } from './storage.ts'

export { createPostgresStorage, type PostgresStorageOptions } from './storage.ts'

/** Makes the storage that the setting `storage_backend = cliquet/storage/postgresql` names. */
export const createStorage = (options: BackendOptions): Storage => createPostgresStorage(options)

/** The migrations of its tables. */
export const createMigrations = (options: BackendOptions): Migrations => createPostgresMigrations(options, schema)

/** The database that it keeps records in, for the tables of plugins. */
export const createDatabase = (options: BackendOptions): SqlDatabase => createPostgresSqlDatabase(options)
