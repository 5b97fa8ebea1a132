import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { matchesPattern } from '../sql/pattern.ts'
import { isFatal } from './failure.ts'
import type { Synchronous } from './location.ts'

/** What a column can hold. */
export type SqlValue = null | number | bigint | string | Uint8Array

/** Values for `?` in order, or for `$name` by name. */
export type SqlParams = readonly SqlValue[] | Readonly<Record<string, SqlValue>>

/** A statement with its values, as plain data. */
export interface SqlStatement {
  readonly sql: string
  readonly params: SqlParams
}

const MAX_STATEMENTS = 200

/** One connection. Keeps the last 200 statements prepared, by their text. All its methods block and throw what `node:sqlite` throws. */
export class SqliteConnection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** All rows, each an array of its columns. The caller states their shape. */
  rows<Row extends readonly SqlValue[]>(sql: string, params: SqlParams = []): Row[] {
    const statement = this.#prepare(sql)
    const rows: unknown = isList(params) ? statement.all(...params) : statement.all(params)
    return rows as Row[] // setReturnArrays, and the statement's author knows its columns
  }

  /** The first row, if any. */
  row<Row extends readonly SqlValue[]>(sql: string, params: SqlParams = []): Row | undefined {
    const statement = this.#prepare(sql)
    const row: unknown = isList(params) ? statement.get(...params) : statement.get(params)
    return row as Row | undefined // as above
  }

  /** Runs a statement that gives no rows. @returns how many rows it changed */
  run(sql: string, params: SqlParams = []): number {
    const statement = this.#prepare(sql)
    return Number((isList(params) ? statement.run(...params) : statement.run(params)).changes)
  }

  /** Runs several statements, separated by `;`, without keeping them. */
  execute(sql: string): void {
    this.#database.exec(sql)
  }

  /** Runs `work` in one read transaction, or in the transaction that is open: all its reads see the same state. */
  snapshot<Result>(work: () => Result): Result {
    if (this.inTransaction) return work()
    this.run('begin')
    try {
      return work()
    } finally {
      this.run('commit')
    }
  }

  /** Runs `work` inside the open transaction. When it throws, what it did is undone, and nothing else; the error is passed on. */
  savepoint<Result>(work: () => Result): Result {
    this.run('savepoint operation')
    try {
      const result = work()
      this.run('release operation')
      return result
    } catch (error) {
      if (this.inTransaction && !isFatal(error)) {
        this.run('rollback to operation')
        this.run('release operation')
      }
      throw error
    }
  }

  /** Whether a transaction is open: some failures end it. */
  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) {
      this.#statements.delete(sql)
      this.#statements.set(sql, known)
      return known
    }
    const statement = this.#database.prepare(sql)
    statement.setReturnArrays(true)
    this.#statements.set(sql, statement)
    for (const oldest of this.#statements.keys()) {
      if (this.#statements.size <= MAX_STATEMENTS) break
      this.#statements.delete(oldest)
    }
    return statement
  }
}

const isList = (params: SqlParams): params is readonly SqlValue[] => Array.isArray(params)

/** Opens a connection that only reads. The file must be there. */
export function openReader(path: string): SqliteConnection {
  return connect(new DatabaseSync(path, { readOnly: true, timeout: 0 }), () => {})
}

/** Opens a connection that writes, in WAL mode, and makes the file and its folder when they are missing. */
export function openWriter(path: string, synchronous: Synchronous): SqliteConnection {
  mkdirSync(dirname(path), { recursive: true })
  return connect(new DatabaseSync(path, { timeout: 0 }), (database) => {
    database.exec('pragma journal_mode = wal')
    database.exec(`pragma synchronous = ${synchronous}`)
  })
}

function connect(database: DatabaseSync, setUp: (database: DatabaseSync) => void): SqliteConnection {
  try {
    setUp(database)
    database.function('like_ci', { deterministic: true }, (text, pattern) =>
      typeof text === 'string' && typeof pattern === 'string' && matchesPattern(text, pattern) ? 1 : 0,
    )
    return new SqliteConnection(database)
  } catch (error) {
    database.close()
    throw error
  }
}
