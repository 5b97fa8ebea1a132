import type { BackendOptions } from '../../drivers/backend-options.ts'
import { createConnections, type Lease } from '../../drivers/connections.ts'
import type { SqlStatement } from '../../drivers/sqlite/connection.ts'
import { leaseSqliteDatabase, type SqliteDatabase } from '../../drivers/sqlite/database.ts'
import { BackendError } from '../../errors/backend-error.ts'
import { type Clock, systemClock } from '../../primitives/clock.ts'
import type { Json } from '../../primitives/json.ts'
import { type Cache, type Counted, notANumber } from '../contract.ts'
import { schema } from './schema.ts'

/** What `createSqliteCache` needs: the URL of a file (`parseSqliteUrl`); no prefix, the machine's clock, an own handle unless told otherwise. */
export type SqliteCacheOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

/** Makes a cache in a SQLite file, which may be that of a storage. @throws ConfigurationError for a bad URL */
export function createSqliteCache({ url, prefix = '', clock = systemClock, connections = createConnections() }: SqliteCacheOptions): Cache {
  return new SqliteCache(leaseSqliteDatabase({ url, connections }), prefix, clock)
}

/** Every write removes at most so many expired entries: more than it adds, and never a long pause. */
const SWEEP = 'delete from cache where rowid in (select rowid from cache where expires<=? order by expires limit 100)'

const SET =
  'insert into cache(prefix,key,value,expires) values(?,?,?,?) on conflict(prefix,key) do update set value=excluded.value,expires=excluded.expires'

/** The parameters: the four of `SET`, then three times the time. Only what is over, or a whole number, is changed. */
const INCREMENT =
  'insert into cache(prefix,key,value,expires) values(?,?,?,?) on conflict(prefix,key) do update set ' +
  'value=case when cache.expires<=? then excluded.value else cast(cast(cache.value as integer)+cast(excluded.value as integer) as text) end,' +
  'expires=case when cache.expires<=? then excluded.expires else cache.expires end ' +
  "where cache.expires<=? or json_type(cache.value)='integer' returning cast(value as integer),expires"

class SqliteCache implements Cache {
  readonly #lease: Lease<SqliteDatabase>
  readonly #prefix: string
  readonly #clock: Clock
  #closed = false

  constructor(lease: Lease<SqliteDatabase>, prefix: string, clock: Clock) {
    this.#lease = lease
    this.#prefix = prefix
    this.#clock = clock
  }

  async prepare(): Promise<void> {
    await this.#open().migrate(schema)
  }

  async get(key: string): Promise<Json | undefined> {
    const row = await this.#read(key, this.#clock())
    return row && parse(row[0])
  }

  async set(key: string, value: Json, ttl: number): Promise<void> {
    await this.#write({ sql: SET, params: [this.#prefix, key, JSON.stringify(value), this.#clock() + ttl] })
  }

  async add(key: string, value: Json, ttl: number): Promise<boolean> {
    const now = this.#clock()
    const sql = `${SET} where cache.expires<=? returning 1`
    return (await this.#write({ sql, params: [this.#prefix, key, JSON.stringify(value), now + ttl, now] })).length > 0
  }

  async increment(key: string, by: number, ttl: number): Promise<Counted> {
    const now = this.#clock()
    const params = [this.#prefix, key, JSON.stringify(by), now + ttl, now, now, now]
    const [row] = await this.#write({ sql: INCREMENT, params })
    if (row === undefined) throw notANumber()
    return { sum: Number(row[0]), ttl: Number(row[1]) - now }
  }

  async remove(key: string): Promise<Json | undefined> {
    const sql = 'delete from cache where prefix=? and key=? and expires>? returning value'
    const [row] = await this.#write({ sql, params: [this.#prefix, key, this.#clock()] })
    const value = row?.[0]
    return typeof value === 'string' ? parse(value) : undefined
  }

  async ttl(key: string): Promise<number | undefined> {
    const now = this.#clock()
    const row = await this.#read(key, now)
    return row && row[1] - now
  }

  async expire(key: string, ttl: number): Promise<boolean> {
    const now = this.#clock()
    const sql = 'update cache set expires=? where prefix=? and key=? and expires>? returning 1'
    return (await this.#write({ sql, params: [now + ttl, this.#prefix, key, now] })).length > 0
  }

  async flush(): Promise<void> {
    await this.#write({ sql: 'delete from cache where prefix=?', params: [this.#prefix] })
  }

  check(options: { readonly readonly: boolean }): Promise<boolean> {
    return this.#lease.value.check(options)
  }

  close(): Promise<void> {
    this.#closed = true
    return this.#lease.release()
  }

  async #read(key: string, now: number): Promise<[value: string, expires: number] | undefined> {
    const sql = 'select value,expires from cache where prefix=? and key=? and expires>?'
    return await this.#open().read((connection) => connection.row<[string, number]>(sql, [this.#prefix, key, now]))
  }

  /** Runs a statement, then sweeps; gives the statement's rows. */
  async #write(statement: SqlStatement) {
    const [rows] = await this.#open().run([statement, { sql: SWEEP, params: [this.#clock()] }])
    return rows ?? []
  }

  #open(): SqliteDatabase {
    if (this.#closed) throw new BackendError(`the cache in ${this.#lease.value.path} is closed`)
    return this.#lease.value
  }
}

const parse = (text: string): Json => JSON.parse(text) as Json // only JSON text is ever stored here
