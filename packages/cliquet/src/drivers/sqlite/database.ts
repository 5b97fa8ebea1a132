import { setTimeout as sleep } from 'node:timers/promises'
import { BackendError } from '../../errors/backend-error.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { Access } from '../../primitives/access.ts'
import type { TransactionOptions } from '../../primitives/transaction.ts'
import type { BackendOptions } from '../backend-options.ts'
import type { Closable, Lease } from '../connections.ts'
import type { TableSet } from '../migrations.ts'
import type { operations as builtIn } from './built-in.ts'
import { openReader, type SqliteConnection, type SqlStatement, type SqlValue } from './connection.ts'
import { backendError, busyPause, isBusy, isFatal } from './failure.ts'
import { parseSqliteUrl, type SqliteLocation, type Synchronous } from './location.ts'
import { moduleBeside, type Operations } from './operations.ts'
import type { SqliteSession, Write } from './session.ts'
import type { SqliteTransaction } from './transaction.ts'
import { Transactions } from './transactions.ts'
import { Turns } from './turns.ts'
import { WriteQueue } from './write-queue.ts'

/** One state of a database, to be read in several steps. */
export interface SqliteSnapshot {
  readonly rows: SqliteConnection['rows']
  done(): void
}

const DEFAULT_TIMEOUT = 10_000

/**
 * A SQLite database of one process: a connection that reads in this thread, one that writes in a thread of its own, and one for transactions
 * of several writes. Several processes may use one file. Made by `openSqliteDatabase`; nothing is opened before it is needed.
 */
export class SqliteDatabase implements Closable, SqliteSession {
  readonly path: string
  readonly synchronous: Synchronous
  readonly #timeout: number
  readonly #queue: WriteQueue
  readonly #transactions: Transactions
  readonly #write: Write<typeof builtIn>
  /** Of snapshots that are read. */
  readonly #snapshots = new Set<SqliteConnection>()
  #reader: SqliteConnection | undefined
  #closed = false

  constructor(location: SqliteLocation) {
    this.path = location.path
    this.synchronous = location.synchronous ?? 'full'
    this.#timeout = location.timeout ?? DEFAULT_TIMEOUT
    const options = { path: this.path, synchronous: this.synchronous, timeout: this.#timeout }
    const turns = new Turns()
    const onStale = (): void => this.#closeReader()
    this.#queue = new WriteQueue(options, turns, onStale)
    this.#transactions = new Transactions(this, options, turns, onStale)
    this.#write = this.writer(moduleBeside(import.meta.url, 'built-in'))
  }

  get database(): object {
    return this
  }

  /**
   * Reads. `work` runs in this thread without interruption, again from the start while somebody locks the whole file.
   * @throws BackendError
   */
  async read<Result>(work: (connection: SqliteConnection) => Result): Promise<Result> {
    const begin = performance.now()
    for (;;) {
      try {
        return work(this.#open())
      } catch (error) {
        if (isFatal(error)) this.#closeReader()
        if (!isBusy(error) || performance.now() - begin > this.#timeout) throw backendError(this.path, error)
      }
      await sleep(busyPause())
    }
  }

  /**
   * A connection of its own that sees the database as it is now, whatever is written later. Its reader calls `done` at the end; `close` of the
   * database ends it too. As long as it is open the log of changes (WAL) can't be shortened. @throws BackendError
   */
  async snapshot(): Promise<SqliteSnapshot> {
    const connection = await this.read(() => this.#openSnapshot())
    return {
      rows: (sql, params) => {
        if (!this.#snapshots.has(connection)) throw new BackendError(`SQLite database ${this.path} is closed`)
        try {
          return connection.rows(sql, params)
        } catch (error) {
          throw backendError(this.path, error)
        }
      },
      done: () => {
        if (this.#snapshots.delete(connection)) connection.close()
      },
    }
  }

  /** The operations of a module for the writer thread, which is found by its URL (`moduleBeside`) and exports them as `operations`. */
  writer<O extends Operations>(module: URL): Write<O> {
    const { href } = module
    return async (name, input) => {
      const output = await this.#queue.write({ module: href, operation: name, input })
      return output as ReturnType<O[typeof name]> // what the operation of that name gave, cloned
    }
  }

  /** Runs the statements in one transaction; gives the rows of each. @throws BackendError */
  run(statements: readonly SqlStatement[]): Promise<SqlValue[][][]> {
    return this.#write('run', statements)
  }

  /**
   * Begins a transaction of several writes. All other writes of this process wait until it ends, and fail when that takes longer than the
   * timeout of the database; readers see nothing of it. Whoever is in it must thus not wait for a write outside it.
   * @throws BackendError
   */
  begin(options: TransactionOptions = {}): Promise<SqliteTransaction> {
    return this.#transactions.begin(options)
  }

  /** Brings tables to their current version. @returns what it was. @throws BackendError, or ConfigurationError when the file's version is newer */
  async migrate(tables: TableSet): Promise<number> {
    const versions = tables.versions.map(({ sql }) => sql(''))
    const { outcome, version } = await this.#write('migrate', { name: tables.name, versions })
    if (outcome === 'newer') throw newerTables(this.path, version, tables)
    return version
  }

  /** Whether the file can be read, and unless `readonly` written: tries it, and never fails. */
  async check(options: { readonly readonly: boolean }): Promise<boolean> {
    try {
      await this.read((connection) => connection.row('select 1 from meta limit 1'))
      return options.readonly || (await this.#write('check', undefined))
    } catch (error) {
      if (error instanceof BackendError) return false
      throw error
    }
  }

  expectedWait(access: Access): number {
    return access === 'read' ? 0 : this.#queue.expectedWait
  }

  /** Commits the writes that were begun, rolls back an open transaction, then closes the file. A second call does nothing. */
  async close(): Promise<void> {
    this.#closed = true
    this.#closeReader()
    for (const connection of this.#snapshots) connection.close()
    this.#snapshots.clear()
    this.#transactions.close()
    await this.#queue.close()
  }

  #open(): SqliteConnection {
    if (this.#closed) throw new BackendError(`SQLite database ${this.path} is closed`)
    this.#reader ??= openReader(this.path)
    return this.#reader
  }

  #openSnapshot(): SqliteConnection {
    const connection = openReader(this.path)
    try {
      connection.run('begin')
      connection.row('select 1 from meta limit 1') // from here on it sees one state
    } catch (error) {
      connection.close()
      throw error
    }
    this.#snapshots.add(connection)
    return connection
  }

  #closeReader(): void {
    this.#reader?.close()
    this.#reader = undefined
  }
}

/** What is wrong with tables of that version, which this program does not know. */
export const newerTables = (path: string, version: number, { name, versions }: TableSet): ConfigurationError =>
  new ConfigurationError(
    `${path} has version ${version} of the ${name} tables, this program knows ${versions.length}: use the newer program, or another file`,
  )

/** Makes a handle for the database of that file; see `SqliteDatabase`. Backends of one service share one: `leaseSqliteDatabase`. */
export const openSqliteDatabase = (location: SqliteLocation): SqliteDatabase => new SqliteDatabase(location)

/**
 * A share of the database that a backend's URL names.
 * @throws ConfigurationError for a bad URL, or one that contradicts another backend of the same service and file
 */
export function leaseSqliteDatabase(options: Pick<BackendOptions, 'url' | 'connections'>): Lease<SqliteDatabase> {
  const location = parseSqliteUrl(options.url)
  const lease = options.connections.lease(`sqlite:${location.path}`, () => openSqliteDatabase(location))
  const { synchronous } = lease.value
  if (location.synchronous !== undefined && location.synchronous !== synchronous) {
    void lease.release()
    throw new ConfigurationError(
      `"${options.url}": another backend uses the same file with synchronous=${synchronous}; say the same in both URLs`,
    )
  }
  return lease
}
