import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Migrations } from '../../drivers/migrations.ts'
import type { SqlDatabase } from '../../drivers/sql-database.ts'
import { createSqliteMigrations } from '../../drivers/sqlite/migrations.ts'
import { createSqliteSqlDatabase } from '../../drivers/sqlite/sql-database.ts'
import { schema } from './schema.ts'
import { createSqliteStorage } from './storage.ts'

export { createSqliteStorage }

/** The factory by which settings name this backend: `storage_backend = cliquet/storage/sqlite`. */
export const createStorage = createSqliteStorage

/** The migrations of its tables. */
export const createMigrations = (options: BackendOptions): Migrations => createSqliteMigrations(options, schema)

/** The file that it keeps records in, for the tables of plugins. */
export const createDatabase = (options: BackendOptions): SqlDatabase => createSqliteSqlDatabase(options)

export type { SqliteStorageOptions } from './storage.ts'
