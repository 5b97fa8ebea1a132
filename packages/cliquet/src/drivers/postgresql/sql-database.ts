import type { BackendOptions } from '../backend-options.ts'
import type { SqlDatabase, SqlSession } from '../sql-database.ts'
import { leasePostgresDatabase, migrationsIn } from './database.ts'
import type { PostgresSession } from './session.ts'
import type { SqlRow } from './statement.ts'
import { transactionOn } from './transaction.ts'

/** The database that a backend's URL names, for the tables of others. */
export function createPostgresSqlDatabase(options: Pick<BackendOptions, 'url' | 'connections' | 'pool'>): SqlDatabase {
  const { value: database, release } = leasePostgresDatabase(options)
  return {
    engine: 'postgresql',
    at: database.at,
    ...sessionOn(database),
    within(begun) {
      const transaction = transactionOn(database, begun)
      return transaction && sessionOn(transaction)
    },
    migrate: (tables) => database.migrate(tables),
    migrations: (tables) => migrationsIn(database, tables, async () => {}),
    close: release,
  }
}

const sessionOn = (session: PostgresSession): SqlSession => ({
  read: (text, values = []) => session.query({ text, values }),
  async write(queries) {
    const [only] = queries
    // One statement is a transaction by itself.
    if (only !== undefined && queries.length === 1) return [await session.query({ text: only.sql, values: only.values ?? [] })]
    return await session.atomically(async (transaction) => {
      const rows: (readonly SqlRow[])[] = []
      for (const { sql, values = [] } of queries) rows.push(await transaction.query({ text: sql, values }))
      return rows
    })
  },
})
