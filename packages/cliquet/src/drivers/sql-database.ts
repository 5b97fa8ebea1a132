import type { Transaction } from '../primitives/transaction.ts'
import type { Distribution, Migrations, TableSet } from './migrations.ts'

/** A statement with values for its marks: `$1`, `$2` … on PostgreSQL, a `?` each on SQLite. */
export interface SqlQuery {
  readonly sql: string
  readonly values?: readonly (null | number | string)[]
}

/** A row, as an array of its columns. PostgreSQL gives each one as text, or null. */
export type SqlRow = readonly (null | number | bigint | string | Uint8Array)[]

/** Where statements run: a database, or a transaction in it. */
export interface SqlSession {
  /** Runs a statement that changes nothing. @throws BackendError */
  read(sql: string, values?: SqlQuery['values']): Promise<readonly SqlRow[]>
  /**
   * Runs statements one after the other, all or none. @returns the rows of each
   * @throws BackendError; on PostgreSQL the transaction is lost with it, on SQLite nothing but these statements
   */
  write(queries: readonly SqlQuery[]): Promise<readonly (readonly SqlRow[])[]>
}

/** Tables in the database of a backend that are not the backend's. */
export interface OwnTables extends TableSet {
  readonly distributions: readonly Distribution[]
}

/** The SQL database of a storage. A storage module may export `createDatabase(options: BackendOptions)`, which shares connections with its storage. */
export interface SqlDatabase extends SqlSession {
  readonly engine: 'postgresql' | 'sqlite'
  /** Put before the names of tables: on PostgreSQL the quoted schema and a dot, on SQLite nothing. */
  readonly at: string
  /** Inside a transaction of the storage; undefined when it is of another database. */
  within(transaction: Transaction): SqlSession | undefined
  /** Brings tables to their current version, as a storage does with its own. @throws BackendError, or ConfigurationError when they are newer */
  migrate(tables: OwnTables): Promise<void>
  /** The same, for the command `migrate`. Closing them closes nothing else. */
  migrations(tables: OwnTables): Migrations
  close(): Promise<void>
}
