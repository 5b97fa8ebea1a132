import type { BackendOptions } from '../../drivers/backend-options.ts'
import { leasePostgresDatabase, migrationsIn } from '../../drivers/postgresql/database.ts'
import { createPostgresSqlDatabase } from '../../drivers/postgresql/sql-database.ts'
import type { SqlDatabase } from '../../drivers/sql-database.ts'
import type { Storage } from '../contract.ts'
import type { StorageMigrations } from '../index-migrations.ts'
import { indexMigrations } from './index-making.ts'
import { schema } from './schema.ts'
import { createPostgresStorage } from './storage.ts'

export { createPostgresStorage, type PostgresStorageOptions } from './storage.ts'

/** Makes the storage that the setting `storage_backend = cliquet/storage/postgresql` names. */
export const createStorage = (options: BackendOptions): Storage => createPostgresStorage(options)

/** The migrations of its tables and indexes. */
export function createMigrations(options: BackendOptions): StorageMigrations {
  const { value: database, release } = leasePostgresDatabase(options)
  return { ...migrationsIn(database, schema, release), indexes: (resources) => indexMigrations(database, resources) }
}

/** The database that it keeps records in, for the tables of plugins. */
export const createDatabase = (options: BackendOptions): SqlDatabase => createPostgresSqlDatabase(options)
