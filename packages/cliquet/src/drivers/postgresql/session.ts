import type { SqlRow, SqlStatement } from './statement.ts'

/** How work is run in a transaction of its own. */
export interface WorkOptions {
  /** Whether it may take as long as it needs, whatever the limits of statements and transactions: for migrations and maintenance. */
  readonly patient?: boolean | undefined
}

/** Where a backend reads and writes: a database, each statement of which is a transaction, or a transaction of several. */
export interface PostgresSession {
  /** Identifies the database: the same object for all its transactions. */
  readonly database: object
  /** Whether its tables are distributed over several nodes (Citus). */
  readonly distributed: boolean
  /** The statement's rows. @throws BackendError */
  query(statement: SqlStatement): Promise<readonly SqlRow[]>
  /** Runs work whose statements are committed together, or not at all; in a transaction it is a part of that. @throws BackendError */
  atomically<Result>(work: (session: PostgresSession) => Promise<Result>, options?: WorkOptions): Promise<Result>
}
