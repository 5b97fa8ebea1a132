import type { JoinedWork } from '../../primitives/joined-work.ts'
import type { SqlStatement, SqlValue } from './connection.ts'

/** A statement of joined work, by named values. With `withIds` it is also given `$ids`: a JSON array of the ids the write concerns. */
export interface WorkStatement {
  readonly sql: string
  readonly params: Readonly<Record<string, SqlValue>>
  readonly withIds?: boolean | undefined
}

/** Work that a SQLite storage of the same database commits with a write. */
export interface SqliteWork extends JoinedWork {
  readonly statements: readonly WorkStatement[]
}

/** Whether this is work of that database. */
export const isSqliteWork = (work: JoinedWork, database: object): work is SqliteWork => work.database === database

/** The statements, ready to run for these ids. */
export function statementsFor(statements: readonly WorkStatement[], ids: readonly string[]): SqlStatement[] {
  return statements.map(({ sql, params, withIds }) => ({
    sql,
    params: withIds === true ? { ...params, ids: JSON.stringify(ids) } : params,
  }))
}
