import { BackendError } from '../../errors/backend-error.ts'
import { DEFAULT_TRANSACTION_TIMEOUT, type Transaction, type TransactionOptions } from '../../primitives/transaction.ts'

/**
 * A transaction of the Redis backends of one database. It ends as every other does, but undoes nothing: Redis has none that reads what it
 * wrote and can be rolled back, so writes in it take effect at once.
 */
export class RedisTransaction implements Transaction {
  readonly database: object
  readonly #timer: NodeJS.Timeout
  /** What became of it, to tell those who come too late. */
  #ended: string | undefined

  constructor(database: object, { timeout = DEFAULT_TRANSACTION_TIMEOUT }: TransactionOptions = {}) {
    this.database = database
    this.#timer = setTimeout(() => this.#end(`took longer than ${timeout} ms`), timeout)
    this.#timer.unref()
  }

  async commit(): Promise<void> {
    this.hold()
    this.#end('was committed')
  }

  async rollback(): Promise<void> {
    this.#end('was rolled back')
  }

  /** @throws BackendError when it has ended */
  hold(): void {
    if (this.#ended !== undefined) throw new BackendError(`the transaction in Redis ${this.#ended}`)
  }

  #end(how: string): void {
    clearTimeout(this.#timer)
    this.#ended ??= how
  }
}

/** The transaction, if it is one of the Redis backends of that database. */
export const redisTransactionOn = (database: object, transaction: Transaction): RedisTransaction | undefined =>
  transaction instanceof RedisTransaction && transaction.database === database ? transaction : undefined
