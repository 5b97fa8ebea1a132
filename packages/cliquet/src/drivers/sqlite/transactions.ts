import { setTimeout as sleep } from 'node:timers/promises'
import { BackendError } from '../../errors/backend-error.ts'
import { DEFAULT_TRANSACTION_TIMEOUT, type TransactionOptions } from '../../primitives/transaction.ts'
import type { SqliteConnection } from './connection.ts'
import { backendError, busyPause, isBusy, isFatal } from './failure.ts'
import type { WriterOptions } from './messages.ts'
import { SqliteTransaction } from './transaction.ts'
import type { Turns } from './turns.ts'
import { WritableFile } from './writable-file.ts'

/** Begins the transactions of one database: one at a time, on a connection that is kept for the next. */
export class Transactions {
  readonly #database: object
  readonly #options: WriterOptions
  readonly #turns: Turns
  readonly #onStale: () => void
  readonly #file: WritableFile
  #open: SqliteTransaction | undefined
  #closed = false

  /** @param onStale called when the path came to name another file */
  constructor(database: object, options: WriterOptions, turns: Turns, onStale: () => void) {
    this.#database = database
    this.#options = options
    this.#turns = turns
    this.#onStale = onStale
    this.#file = new WritableFile(options)
  }

  /** Waits for everybody of this process who asked before, and for other processes. @throws BackendError when either takes too long */
  async begin({ timeout = DEFAULT_TRANSACTION_TIMEOUT }: TransactionOptions): Promise<SqliteTransaction> {
    const leave = await this.#turn()
    try {
      const connection = await this.#beginImmediate()
      const onEnd = (broken: boolean): void => {
        this.#open = undefined
        if (broken || this.#closed) this.#file.close()
        leave()
      }
      const transaction = new SqliteTransaction({ database: this.#database, path: this.#options.path, connection, timeout, onEnd })
      this.#open = transaction
      return transaction
    } catch (error) {
      if (isFatal(error)) this.#file.close()
      leave()
      throw backendError(this.#options.path, error)
    }
  }

  /** Rolls back what is open, and refuses what comes later. */
  close(): void {
    this.#closed = true
    this.#open?.abandon()
    this.#file.close()
  }

  #turn(): Promise<() => void> {
    const { path, timeout } = this.#options
    return new Promise((resolve, reject) => {
      const late = (): void => {
        giveUp()
        reject(new BackendError(`SQLite database ${path}: other writes took longer than ${timeout} ms`))
      }
      const timer = setTimeout(late, timeout)
      const giveUp = this.#turns.enter((leave) => {
        clearTimeout(timer)
        resolve(leave)
      })
    })
  }

  async #beginImmediate(): Promise<SqliteConnection> {
    const { timeout } = this.#options
    const deadline = performance.now() + timeout
    for (;;) {
      if (this.#closed) throw new BackendError(`SQLite database ${this.#options.path} is closed`)
      try {
        if (this.#file.dropStale()) this.#onStale()
        const connection = this.#file.connection(false)
        connection.run('begin immediate')
        return connection
      } catch (error) {
        if (!isBusy(error)) throw error
        if (performance.now() >= deadline) throw new BackendError(`locked by others for more than ${timeout} ms`, { cause: error })
      }
      await sleep(busyPause())
    }
  }
}
