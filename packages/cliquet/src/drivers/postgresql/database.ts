import { BackendError } from '../../errors/backend-error.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { DEFAULT_TRANSACTION_TIMEOUT, type TransactionOptions } from '../../primitives/transaction.ts'
import type { BackendOptions, PoolOptions } from '../backend-options.ts'
import type { Closable, Lease, PoolUsage } from '../connections.ts'
import type { Migrations } from '../migrations.ts'
import { distribute, isDistributed } from './distribution.ts'
import { lacksRights } from './failure.ts'
import { beginning } from './liveness.ts'
import { type PostgresLocation, parsePostgresUrl } from './location.ts'
import { applySteps, pendingSteps } from './migration.ts'
import { PostgresPool } from './pool.ts'
import type { PostgresSchema } from './schema.ts'
import type { PostgresSession, WorkOptions } from './session.ts'
import { identifier, type SqlRow, type SqlStatement } from './statement.ts'
import { PostgresTransaction } from './transaction.ts'

/** A PostgreSQL database as one process sees it. Any number of processes may use it. Nothing is opened before it is needed. */
export class PostgresDatabase implements Closable, PostgresSession {
  /** The quoted name of our schema, with a dot: put before the name of a table or function. */
  readonly at: string
  readonly schema: string
  /** For messages. */
  readonly shown: string
  readonly #pool: PostgresPool
  #distributed = false

  constructor(location: PostgresLocation, options?: PoolOptions) {
    this.schema = location.schema
    this.shown = location.shown
    this.at = `${identifier(location.schema)}.`
    this.#pool = new PostgresPool(location, options)
  }

  get database(): object {
    return this
  }

  /** Known from the first `migrate` on. */
  get distributed(): boolean {
    return this.#distributed
  }

  /** How many statements this process has sent so far. */
  get statements(): number {
    return this.#pool.statements
  }

  query(statement: SqlStatement): Promise<readonly SqlRow[]> {
    return this.#pool.query(statement)
  }

  async atomically<Result>(work: (session: PostgresSession) => Promise<Result>, { patient }: WorkOptions = {}): Promise<Result> {
    const transaction = await this.#begin({ timeout: patient ? undefined : DEFAULT_TRANSACTION_TIMEOUT })
    try {
      const result = await work(transaction)
      await transaction.commit()
      return result
    } finally {
      await transaction.rollback()
    }
  }

  /** Begins a transaction on a connection of its own. @throws BackendError */
  begin({ timeout = DEFAULT_TRANSACTION_TIMEOUT }: TransactionOptions = {}): Promise<PostgresTransaction> {
    return this.#begin({ timeout })
  }

  /** Begins a transaction that sees the database as it is now and only reads, for as long as it takes. To be ended by `rollback`. */
  async snapshot(): Promise<PostgresTransaction> {
    const transaction = await this.#begin({ timeout: undefined })
    await transaction.query({ text: 'set transaction isolation level repeatable read read only' })
    await transaction.query({ text: 'set local idle_in_transaction_session_timeout=0' })
    return transaction
  }

  /** Runs work outside of transactions, on a connection of its own and for as long as it takes: for what can't be in one. @throws BackendError */
  async apart<Result>(work: (session: Pick<PostgresSession, 'query'>) => Promise<Result>): Promise<Result> {
    const connection = await this.#pool.connect()
    const query = (statement: SqlStatement): Promise<readonly SqlRow[]> => connection.query(statement, { patient: true })
    try {
      await query({ text: 'set statement_timeout=0' })
      return await work({ query })
    } finally {
      // On a connection that is lost there is nothing to be reset.
      await query({ text: 'reset statement_timeout' }).catch(() => {})
      connection.release()
    }
  }

  /** @param limits.timeout undefined: it may take as long as it needs, and each of its statements too */
  async #begin({ timeout }: { readonly timeout: number | undefined }): Promise<PostgresTransaction> {
    const connection = await this.#pool.connect()
    try {
      await connection.query({ text: beginning(timeout) })
    } catch (error) {
      connection.release()
      throw error
    }
    const { distributed, shown: place } = this
    return new PostgresTransaction({ database: this, distributed, place, connection, timeout })
  }

  /**
   * Brings a backend's tables to their current version. Distributed ones are only looked at, as their tables are changed from one node only.
   * @throws BackendError, or ConfigurationError when the tables are newer, or older and not ours to change
   */
  async migrate(tables: PostgresSchema): Promise<void> {
    const pending = await pendingSteps(this, this, tables)
    this.#distributed = await isDistributed(this, this)
    if (pending.length === 0) return
    const older = `the ${tables.name} tables in ${this.shown} are older than this program, or not there`
    if (this.#distributed) throw new ConfigurationError(`${older}: run "cliquet migrate --distributed"`)
    try {
      await applySteps(this, this, tables)
    } catch (cause) {
      if (!lacksRights(cause)) throw cause
      throw new ConfigurationError(`${older}, and its user may not change them: run "cliquet migrate" as one who may`, { cause })
    }
  }

  /** Whether the database can be read, and unless `readonly` written: tries it, and never fails. */
  async check({ readonly }: { readonly readonly: boolean }): Promise<boolean> {
    try {
      if (readonly) return (await this.query({ text: `select 1 from ${this.at}meta limit 1` })).length === 1
      const key = `check ${Math.random()}`
      await this.query({ text: `insert into ${this.at}meta(key,value) values($1,'')`, values: [key] })
      return (await this.query({ text: `delete from ${this.at}meta where key=$1 returning key`, values: [key] })).length === 1
    } catch (error) {
      if (error instanceof BackendError) return false
      throw error
    }
  }

  expectedWait(): number {
    return this.#pool.expectedWait
  }

  usage(): PoolUsage {
    return this.#pool.usage
  }

  /** Waits for what is running, then closes the connections. A second call does nothing. */
  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** A share of the database that a backend's URL names. @throws ConfigurationError for a bad URL */
export function leasePostgresDatabase({
  url,
  connections,
  pool,
}: Pick<BackendOptions, 'url' | 'connections' | 'pool'>): Lease<PostgresDatabase> {
  const location = parsePostgresUrl(url)
  const key = `postgresql:${location.schema}:${location.connectionString}`
  return connections.lease(key, () => new PostgresDatabase(location, pool))
}

/** The migrations of a backend's tables in the database that its URL names. */
export function createPostgresMigrations(
  options: Pick<BackendOptions, 'url' | 'connections' | 'pool'>,
  tables: PostgresSchema,
): Migrations {
  const { value: database, release } = leasePostgresDatabase(options)
  return migrationsIn(database, tables, release)
}

/** The migrations of these tables in a database. */
export const migrationsIn = (database: PostgresDatabase, tables: PostgresSchema, close: () => Promise<void>): Migrations => ({
  place: database.shown,
  pending: () => pendingSteps(database, database, tables),
  apply: () => applySteps(database, database, tables),
  distribute: () => distribute(database, database, tables),
  close,
})
