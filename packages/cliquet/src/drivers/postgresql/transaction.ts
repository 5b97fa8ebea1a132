import { BackendError } from '../../errors/backend-error.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { PostgresConnection } from './pool.ts'
import type { PostgresSession } from './session.ts'
import type { SqlRow, SqlStatement } from './statement.ts'

/** What a transaction is made of: a connection on which it was begun. */
export interface BegunTransaction {
  readonly database: object
  readonly distributed: boolean
  /** Of the database, for messages. */
  readonly place: string
  readonly connection: PostgresConnection
  /** How long it may last, ms; undefined: it and its statements may take as long as they need. */
  readonly timeout: number | undefined
}

/** A transaction on a connection of its own. An error of the database ends it: nothing of it is then ever committed. */
export class PostgresTransaction implements Transaction, PostgresSession {
  readonly database: object
  readonly distributed: boolean
  readonly #place: string
  readonly #connection: PostgresConnection
  readonly #timer: NodeJS.Timeout | undefined
  readonly #patient: boolean
  /** What became of it, to tell those who come too late. */
  #ended: string | undefined

  constructor({ database, distributed, place, connection, timeout }: BegunTransaction) {
    this.database = database
    this.distributed = distributed
    this.#place = place
    this.#connection = connection
    this.#patient = timeout === undefined
    if (timeout === undefined) return
    this.#timer = setTimeout(() => void this.#undo(`was rolled back: it took longer than ${timeout} ms`), timeout)
    this.#timer.unref()
  }

  async query(statement: SqlStatement): Promise<readonly SqlRow[]> {
    this.#hold()
    try {
      return await this.#connection.query(statement, { patient: this.#patient })
    } catch (error) {
      await this.#undo('has failed before')
      throw error
    }
  }

  atomically<Result>(work: (session: PostgresSession) => Promise<Result>): Promise<Result> {
    return work(this)
  }

  async commit(): Promise<void> {
    this.#hold()
    this.#end('was committed')
    try {
      await this.#connection.query({ text: 'commit' }, { patient: this.#patient })
    } finally {
      this.#connection.release()
    }
  }

  async rollback(): Promise<void> {
    await this.#undo('was rolled back')
  }

  async #undo(how: string): Promise<void> {
    if (this.#ended !== undefined) return
    this.#end(how)
    try {
      await this.#connection.query({ text: 'rollback' })
    } catch {
      // The connection is lost, and the transaction with it.
    } finally {
      this.#connection.release()
    }
  }

  #hold(): void {
    if (this.#ended !== undefined) throw new BackendError(`the transaction on PostgreSQL ${this.#place} ${this.#ended}`)
  }

  #end(how: string): void {
    clearTimeout(this.#timer)
    this.#ended = how
  }
}

/** The transaction, if it is one on that database. */
export const transactionOn = (database: object, transaction: Transaction): PostgresTransaction | undefined =>
  transaction instanceof PostgresTransaction && transaction.database === database ? transaction : undefined
