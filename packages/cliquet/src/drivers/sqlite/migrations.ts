import { existsSync } from 'node:fs'
import type { BackendOptions } from '../backend-options.ts'
import { type Migrations, stepsFrom, type TableSet } from '../migrations.ts'
import { installedVersion } from './built-in.ts'
import { leaseSqliteDatabase, newerTables, type SqliteDatabase } from './database.ts'

/** The migrations of a backend's tables in the file that its URL names. */
export function createSqliteMigrations(options: Pick<BackendOptions, 'url' | 'connections'>, tables: TableSet): Migrations {
  const { value: database, release } = leaseSqliteDatabase(options)
  return migrationsIn(database, tables, release)
}

/** The migrations of these tables in a file. */
export const migrationsIn = (database: SqliteDatabase, tables: TableSet, close: () => Promise<void>): Migrations => ({
  place: database.path,
  async pending() {
    // To look must not make the file.
    const version = existsSync(database.path) ? await database.read((connection) => installedVersion(connection, tables.name)) : 0
    if (version > tables.versions.length) throw newerTables(database.path, version, tables)
    return stepsFrom(version, tables, '')
  },
  apply: async () => stepsFrom(await database.migrate(tables), tables, ''),
  close,
})
