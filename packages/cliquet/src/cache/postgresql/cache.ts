import type { BackendOptions } from '../../drivers/backend-options.ts'
import { createConnections, type Lease } from '../../drivers/connections.ts'
import { leasePostgresDatabase, type PostgresDatabase } from '../../drivers/postgresql/database.ts'
import { indexKey } from '../../drivers/postgresql/index-key.ts'
import type { SqlParam, SqlRow } from '../../drivers/postgresql/statement.ts'
import { BackendError } from '../../errors/backend-error.ts'
import { type Clock, systemClock } from '../../primitives/clock.ts'
import type { Json } from '../../primitives/json.ts'
import type { Cache, Counted } from '../contract.ts'
import { schema } from './schema.ts'
import { Sweep } from './sweep.ts'
import { NOW } from './time.ts'

/**
 * What `createPostgresCache` needs: the URL of a database (`parsePostgresUrl`); no prefix and own connections unless told otherwise. The time is
 * the database's own, unless a clock other than the machine's is given.
 */
export type PostgresCacheOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

/**
 * Makes a cache in a PostgreSQL database, which may be that of a storage. Its table is made by `prepare`.
 * @throws ConfigurationError for a bad URL
 */
export function createPostgresCache(options: PostgresCacheOptions): Cache {
  const { url, prefix = '', clock = systemClock, connections = createConnections(), pool } = options
  return new PostgresCache(leasePostgresDatabase({ url, connections, pool }), prefix, clock)
}

/** `$1` is the time, `$2` the prefix, `$3` the key. */
const FOUND = `prefix=$2 and key=$3 and expires>${NOW}`

class PostgresCache implements Cache {
  readonly #lease: Lease<PostgresDatabase>
  readonly #prefix: string
  readonly #clock: Clock
  readonly #sweep: Sweep
  readonly #table: string
  #closed = false

  constructor(lease: Lease<PostgresDatabase>, prefix: string, clock: Clock) {
    this.#lease = lease
    this.#prefix = indexKey(prefix)
    this.#clock = clock
    this.#sweep = new Sweep(lease.value, () => this.#now())
    this.#table = `${lease.value.at}cache`
  }

  async prepare(): Promise<void> {
    await this.#open().migrate(schema)
  }

  async get(key: string): Promise<Json | undefined> {
    const [row] = await this.#run('cache get', `select value from ${this.#table} where ${FOUND}`, key)
    return row && valueIn(row)
  }

  async set(key: string, value: Json, ttl: number): Promise<void> {
    await this.#write('cache set', this.#upsert(), key, [JSON.stringify(value), ttl])
  }

  async add(key: string, value: Json, ttl: number): Promise<boolean> {
    // What would expire `ttl` after now is compared, as a distributed database takes no clock here.
    const text = `${this.#upsert()} where c.expires<=excluded.expires-$5::double precision returning 1`
    return (await this.#write('cache add', text, key, [JSON.stringify(value), ttl])).length > 0
  }

  /** What is no whole number the database refuses to take for one. */
  async increment(key: string, by: number, ttl: number): Promise<Counted> {
    const over = 'c.expires<=excluded.expires-$5::double precision'
    const text =
      `${this.#insert()} value=case when ${over} then excluded.value else (c.value::bigint+excluded.value::bigint)::text end,` +
      `expires=case when ${over} then excluded.expires else c.expires end returning value,expires-${NOW}`
    const [row] = await this.#write('cache increment', text, key, [JSON.stringify(by), ttl])
    return { sum: Number(row?.[0]), ttl: Number(row?.[1]) }
  }

  async remove(key: string): Promise<Json | undefined> {
    const [row] = await this.#write('cache remove', `delete from ${this.#table} where ${FOUND} returning value`, key)
    return row && valueIn(row)
  }

  async ttl(key: string): Promise<number | undefined> {
    const [row] = await this.#run('cache ttl', `select expires-${NOW} from ${this.#table} where ${FOUND}`, key)
    return row && Number(row[0])
  }

  async expire(key: string, ttl: number): Promise<boolean> {
    const text = `update ${this.#table} set expires=${NOW}+$4::double precision where ${FOUND} returning 1`
    return (await this.#write('cache expire', text, key, [ttl])).length > 0
  }

  async flush(): Promise<void> {
    await this.#open().query({ text: `delete from ${this.#table} where prefix=$1`, values: [this.#prefix] })
  }

  check(options: { readonly readonly: boolean }): Promise<boolean> {
    return this.#lease.value.check(options)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#sweep.settled()
    await this.#lease.release()
  }

  #upsert(): string {
    return `${this.#insert()} value=excluded.value,expires=excluded.expires`
  }

  #insert(): string {
    const values = `$2,$3,$4,${NOW}+$5::double precision`
    return `insert into ${this.#table} as c(prefix,key,value,expires) values(${values}) on conflict(prefix,key) do update set`
  }

  async #write(name: string, text: string, key: string, values: readonly SqlParam[] = []): Promise<readonly SqlRow[]> {
    const rows = await this.#run(name, text, key, values)
    this.#sweep.afterWrite()
    return rows
  }

  async #run(name: string, text: string, key: string, values: readonly SqlParam[] = []): Promise<readonly SqlRow[]> {
    return await this.#open().query({ name, text, values: [this.#now(), this.#prefix, indexKey(key), ...values] })
  }

  #now(): number | null {
    return this.#clock === systemClock ? null : this.#clock()
  }

  #open(): PostgresDatabase {
    if (this.#closed) throw new BackendError(`the cache in ${this.#lease.value.shown} is closed`)
    return this.#lease.value
  }
}

const valueIn = ([text]: SqlRow): Json => JSON.parse(String(text)) as Json // only JSON text is ever stored here
