import { BackendError } from '../../errors/backend-error.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { operations as builtIn } from './built-in.ts'
import type { SqliteConnection, SqlStatement, SqlValue } from './connection.ts'
import { backendError, isFatal } from './failure.ts'
import { loadOperations, type Operations } from './operations.ts'
import type { SqliteSession, Write } from './session.ts'

/** What a transaction is made of: a connection on which it was begun. */
export interface BegunTransaction {
  readonly database: object
  readonly path: string
  readonly connection: SqliteConnection
  /** How long it may last, ms. */
  readonly timeout: number
  /** Called at the end, once; `broken` says that the connection can't be used again. */
  onEnd(broken: boolean): void
}

/**
 * A transaction on a connection of its own in this thread. Each write is undone alone when it fails; a failure of the file ends the whole.
 * The commit waits for the disk, and this thread with it: once, for all writes of the transaction.
 */
export class SqliteTransaction implements Transaction, SqliteSession {
  readonly database: object
  readonly path: string
  readonly #connection: SqliteConnection
  readonly #onEnd: (broken: boolean) => void
  readonly #timer: NodeJS.Timeout
  /** What became of it, to tell those who come too late. */
  #ended: string | undefined

  constructor({ database, path, connection, timeout, onEnd }: BegunTransaction) {
    this.database = database
    this.path = path
    this.#connection = connection
    this.#onEnd = onEnd
    this.#timer = setTimeout(() => this.#undo(`was rolled back: it took longer than ${timeout} ms`), timeout)
    this.#timer.unref()
  }

  async read<Result>(work: (connection: SqliteConnection) => Result): Promise<Result> {
    return this.#attempt(work)
  }

  writer<O extends Operations>(module: URL): Write<O> {
    let loading: Promise<Operations> | undefined
    return async (name, input) => {
      loading ??= loadOperations(module.href)
      const operation = (await loading)[name]
      if (operation === undefined) throw new BackendError(`${module.href} has no operation ${name}`)
      const output = this.#write((connection) => operation(connection, input as never)) // the caller's types agree with the module's
      return output as ReturnType<O[typeof name]> // what the operation of that name gave
    }
  }

  async run(statements: readonly SqlStatement[]): Promise<SqlValue[][][]> {
    return this.#write((connection) => builtIn.run(connection, statements))
  }

  async commit(): Promise<void> {
    try {
      this.#attempt((connection) => connection.run('commit'))
    } catch (error) {
      this.#undo('could not be committed')
      throw error
    }
    this.#end('was committed', false)
  }

  async rollback(): Promise<void> {
    this.#undo('was rolled back')
  }

  /** Rolls back because the file is closed; after the end of the transaction it does nothing. */
  abandon(): void {
    this.#undo('was rolled back: the database was closed')
  }

  #write<Result>(work: (connection: SqliteConnection) => Result): Result {
    return this.#attempt((connection) => connection.savepoint(() => work(connection)))
  }

  #attempt<Result>(work: (connection: SqliteConnection) => Result): Result {
    if (this.#ended !== undefined) throw new BackendError(`the transaction on ${this.path} ${this.#ended}`)
    try {
      return work(this.#connection)
    } catch (error) {
      const failure = backendError(this.path, error)
      if (isFatal(error) || !this.#connection.inTransaction) this.#undo(`has failed: ${failure.message}`, isFatal(error))
      throw failure
    }
  }

  #undo(how: string, broken = false): void {
    if (this.#ended !== undefined) return
    this.#end(how, !this.#rollBack() || broken)
  }

  /** @returns whether it worked; closing the connection rolls back in any case */
  #rollBack(): boolean {
    try {
      if (this.#connection.inTransaction) this.#connection.run('rollback')
      return true
    } catch {
      return false
    }
  }

  #end(how: string, broken: boolean): void {
    clearTimeout(this.#timer)
    this.#ended = how
    this.#onEnd(broken)
  }
}

/** The transaction, if it is one on that database. */
export const transactionOn = (database: object, transaction: Transaction): SqliteTransaction | undefined =>
  transaction instanceof SqliteTransaction && transaction.database === database ? transaction : undefined
