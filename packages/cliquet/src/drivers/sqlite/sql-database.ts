import type { BackendOptions } from '../backend-options.ts'
import type { SqlDatabase, SqlSession } from '../sql-database.ts'
import type { SqlValue } from './connection.ts'
import { leaseSqliteDatabase } from './database.ts'
import { migrationsIn } from './migrations.ts'
import type { SqliteSession } from './session.ts'
import { transactionOn } from './transaction.ts'

/** The file that a backend's URL names, for the tables of others. */
export function createSqliteSqlDatabase(options: Pick<BackendOptions, 'url' | 'connections'>): SqlDatabase {
  const { value: database, release } = leaseSqliteDatabase(options)
  return {
    engine: 'sqlite',
    at: '',
    ...sessionOn(database),
    within(begun) {
      const transaction = transactionOn(database, begun)
      return transaction && sessionOn(transaction)
    },
    migrate: async (tables) => void (await database.migrate(tables)),
    migrations: (tables) => migrationsIn(database, tables, async () => {}),
    close: release,
  }
}

const sessionOn = (session: SqliteSession): SqlSession => ({
  read: (sql, values = []) => session.read((connection) => connection.rows<SqlValue[]>(sql, values)),
  write: (queries) => session.run(queries.map(({ sql, values = [] }) => ({ sql, params: values }))),
})
