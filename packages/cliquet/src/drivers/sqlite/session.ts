import type { SqliteConnection, SqlStatement, SqlValue } from './connection.ts'
import type { InputOf, Operations } from './operations.ts'

/** Runs a module's operations. Outside a transaction each is committed when its promise resolves. @throws BackendError */
export type Write<O extends Operations> = <Name extends keyof O & string>(
  name: Name,
  input: InputOf<O[Name]>,
) => Promise<ReturnType<O[Name]>>

/** Where a backend reads and writes: a database, each write of which is a transaction, or a transaction of several writes. */
export interface SqliteSession {
  /** Identifies the database: the same object for all its transactions. */
  readonly database: object
  /** Of the file. */
  readonly path: string
  /** Reads. `work` runs in this thread without interruption; it may be run again from the start. @throws BackendError */
  read<Result>(work: (connection: SqliteConnection) => Result): Promise<Result>
  /** The operations of a module, which is found by its URL (`moduleBeside`) and exports them as `operations`. */
  writer<O extends Operations>(module: URL): Write<O>
  /** Runs the statements, all or none; gives the rows of each. @throws BackendError */
  run(statements: readonly SqlStatement[]): Promise<SqlValue[][][]>
}
