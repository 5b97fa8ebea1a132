import { Socket } from 'node:net'
import type pg from 'pg'
import { BackendError } from '../../errors/backend-error.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { PoolOptions } from '../backend-options.ts'
import type { PoolUsage } from '../connections.ts'
import { AnswerLimit } from './answer-limit.ts'
import { backendError, leavesConnection } from './failure.ts'
import { ASK_WHETHER_ALIVE, IDLE_IN_TRANSACTION } from './liveness.ts'
import type { PostgresLocation } from './location.ts'
import type { SqlRow, SqlStatement } from './statement.ts'

/** How connections are used unless told otherwise. */
export const DEFAULT_POOL = { size: 16, timeout: 10_000, backlog: 1000, statementTimeout: 10_000 } as const

/** How much longer than the server we wait for an answer, ms: if none comes, the network is cut. */
const GRACE = 1000

/** How much the newest time counts in the average of times. */
const NEWEST_SHARE = 0.05

/** How a statement is run. */
export interface QueryOptions {
  /** Whether we wait however long the server takes, which then must have been told so (`statement_timeout`). */
  readonly patient?: boolean | undefined
}

/** A connection of the pool, until it is given back. */
export interface PostgresConnection {
  /** One after the other. After an error that leaves the connection in doubt all others fail at once. @throws BackendError */
  query(statement: SqlStatement, options?: QueryOptions): Promise<readonly SqlRow[]>
  /** Gives it back. After an error that leaves the connection in doubt it is closed. */
  release(): void
}

/** Connections to one database; at most so many, and at most so many callers who wait for one. Opened when needed. */
export class PostgresPool {
  readonly #location: PostgresLocation
  readonly #options: Required<{ [K in keyof PoolOptions]: number }>
  /** Of all connections, also of those that are ending. */
  readonly #sockets = new Set<Socket>()
  readonly #limit = new AnswerLimit<pg.ClientBase>()
  #pool: Promise<pg.Pool> | undefined
  #opened: pg.Pool | undefined
  /** For how long a connection is lent, ms: a moving average. */
  #lentFor = 0
  #closed = false
  #statements = 0

  constructor(location: PostgresLocation, options: PoolOptions = {}) {
    this.#location = location
    this.#options = { ...DEFAULT_POOL, ...defined(options) }
  }

  /** How long a call that comes now would wait for a connection, ms; a short line counts for nothing, and one that is half full for ever. */
  get expectedWait(): number {
    const waiting = this.#opened?.waitingCount ?? 0
    const { size, backlog } = this.#options
    if (backlog >= 0 && waiting > Math.max(size, backlog / 2)) return Number.POSITIVE_INFINITY
    return (Math.max(0, waiting - size / 4) * this.#lentFor) / size
  }

  /** How many statements were sent so far. */
  get statements(): number {
    return this.#statements
  }

  /** How the connections are used at the moment. */
  get usage(): PoolUsage {
    const { totalCount = 0, idleCount = 0, waitingCount = 0 } = this.#opened ?? {}
    return { size: this.#options.size, busy: totalCount - idleCount, waiting: waitingCount }
  }

  /** @throws BackendError when none is free in time, too many wait already, or the server is not there */
  async connect(): Promise<PostgresConnection> {
    return this.#lend(await this.#take())
  }

  /** Runs one statement on a connection of its own. @throws BackendError */
  async query(statement: SqlStatement): Promise<readonly SqlRow[]> {
    const client = await this.#take()
    const since = performance.now()
    let isBroken = false
    try {
      return await this.#ask(client, statement)
    } catch (error) {
      isBroken = !leavesConnection(error)
      throw this.#error(error)
    } finally {
      this.#giveBack(client, since, isBroken)
    }
  }

  /** Waits for what is running, then closes all connections. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const pool = await this.#pool?.catch(() => undefined)
    await pool?.end()
    // A server behind a network that is gone does not answer our good-bye; no process waits for that.
    for (const socket of this.#sockets) socket.unref()
  }

  async #take(): Promise<pg.PoolClient> {
    const pool = this.#opened ?? (await this.#open())
    const { backlog } = this.#options
    const free = pool.idleCount + this.#options.size - pool.totalCount
    if (backlog >= 0 && pool.waitingCount >= backlog + free) {
      throw this.#error(new BackendError(`${pool.waitingCount} calls wait for a connection already`))
    }
    try {
      return await pool.connect()
    } catch (error) {
      throw this.#error(error)
    }
  }

  #giveBack(client: pg.PoolClient, since: number, isBroken: boolean): void {
    // What a single call had to wait for says nothing of the next.
    const time = Math.min(performance.now() - since, 2 * this.#lentFor + 1)
    this.#lentFor += (time - this.#lentFor) * NEWEST_SHARE
    client.release(isBroken)
  }

  #lend(client: pg.PoolClient): PostgresConnection {
    const since = performance.now()
    let isBroken = false
    let last: Promise<unknown> = Promise.resolve()
    const run = async (statement: SqlStatement, options: QueryOptions): Promise<readonly SqlRow[]> => {
      if (isBroken) throw this.#error(new BackendError('the connection was lost'))
      try {
        return await this.#ask(client, statement, options)
      } catch (error) {
        isBroken ||= !leavesConnection(error)
        throw this.#error(error)
      }
    }
    return {
      query: (statement, options = {}) => {
        const answer = last.then(() => run(statement, options))
        last = answer.catch(() => {})
        return answer
      },
      release: () => this.#giveBack(client, since, isBroken),
    }
  }

  #ask(client: pg.PoolClient, { text, values, name }: SqlStatement, { patient = false }: QueryOptions = {}): Promise<readonly SqlRow[]> {
    this.#statements += 1
    const own = name === undefined ? {} : { name }
    const config = { text, values: values as unknown[], rowMode: 'array' as const, ...own } // the driver only reads the values
    return new Promise((resolve, reject) => {
      this.#limit.begin(client, patient ? Number.POSITIVE_INFINITY : this.#options.statementTimeout + GRACE, reject)
      client.query<(string | null)[]>(config, (error: unknown, result) => {
        this.#limit.end(client)
        // Of a lost connection the error comes without a result.
        if (error) reject(error)
        else resolve(result.rows)
      })
    })
  }

  #open(): Promise<pg.Pool> {
    if (this.#closed) throw new BackendError(`PostgreSQL ${this.#location.shown}: the connections are closed`)
    this.#pool ??= this.#create()
    return this.#pool
  }

  async #create(): Promise<pg.Pool> {
    const { Pool } = await loadDriver()
    const { size, timeout, statementTimeout } = this.#options
    const pool = new Pool({
      connectionString: this.#location.connectionString,
      max: size,
      connectionTimeoutMillis: timeout,
      statement_timeout: statementTimeout,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION,
      keepAlive: true,
      stream: () => this.#createSocket(),
      types: { getTypeParser: () => (value: string) => value },
      onConnect: (client) => askWhetherAlive(client, timeout),
    })
    // Lost connections: an idle one is dropped by the pool, and of one in use the caller is told by what waits for an answer.
    this.#opened = pool
    pool.on('error', () => {})
    pool.on('connect', (client) => {
      client.on('error', () => {})
      this.#limit.add(client)
    })
    pool.on('remove', (client) => this.#limit.remove(client))
    return pool
  }

  #createSocket(): Socket {
    const socket = new Socket()
    this.#sockets.add(socket)
    return socket.once('close', () => this.#sockets.delete(socket))
  }

  #error(error: unknown): BackendError {
    return backendError(this.#location.shown, error)
  }
}

/** A server that can't is as good without. */
async function askWhetherAlive(client: pg.ClientBase, timeout: number): Promise<void> {
  const question: pg.QueryConfig & { readonly query_timeout: number } = { text: ASK_WHETHER_ALIVE, query_timeout: timeout }
  await client.query(question).catch((error: unknown) => {
    if (!leavesConnection(error)) throw error
  })
}

async function loadDriver(): Promise<typeof pg> {
  try {
    return (await import('pg')).default
  } catch (cause) {
    throw new ConfigurationError('PostgreSQL needs the package "pg": npm install pg', { cause })
  }
}

/** Without what was not said. */
function defined(options: PoolOptions): { [K in keyof PoolOptions]?: number } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
