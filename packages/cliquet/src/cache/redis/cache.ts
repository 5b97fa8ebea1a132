import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Lease } from '../../drivers/connections.ts'
import { encoded, leaseRedisDatabase, literal, type RedisDatabase } from '../../drivers/redis/database.ts'
import { repliedNumbers, repliedText } from '../../drivers/redis/reply.ts'
import { defineScript } from '../../drivers/redis/script.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { Json } from '../../primitives/json.ts'
import type { Cache, Counted } from '../contract.ts'

/** What `createRedisCache` needs: the URL of a Redis (`parseRedisUrl`); no prefix and an own connection unless told otherwise. */
export type RedisCacheOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

/**
 * Makes a cache in a Redis server or cluster (6.2 or later), which may be that of a storage. Its entries expire by the clock of Redis.
 * @throws ConfigurationError for a bad URL
 */
export function createRedisCache(options: RedisCacheOptions): Cache {
  return new RedisCache(leaseRedisDatabase(options), options.prefix ?? '')
}

/** Redis fails by itself where there is no whole number. */
const increment = defineScript(`
  local sum = redis.call('incrby', KEYS[1], ARGV[1])
  local left = redis.call('pttl', KEYS[1])
  if left < 0 then
    left = tonumber(ARGV[2])
    redis.call('pexpire', KEYS[1], left)
  end
  return { sum, left }`)

class RedisCache implements Cache {
  readonly #lease: Lease<RedisDatabase>
  readonly #prefix: string
  #closed = false

  constructor(lease: Lease<RedisDatabase>, prefix: string) {
    this.#lease = lease
    this.#prefix = encoded(prefix)
  }

  async prepare(): Promise<void> {
    await this.#call('ping', [])
  }

  async get(key: string): Promise<Json | undefined> {
    return parse(await this.#call('get', [this.#key(key)]))
  }

  async set(key: string, value: Json, ttl: number): Promise<void> {
    await this.#call('set', [this.#key(key), JSON.stringify(value), 'PX', whole(ttl)])
  }

  async add(key: string, value: Json, ttl: number): Promise<boolean> {
    return (await this.#call('set', [this.#key(key), JSON.stringify(value), 'PX', whole(ttl), 'NX'])) === 'OK'
  }

  async increment(key: string, by: number, ttl: number): Promise<Counted> {
    const [sum = 0, left = 0] = repliedNumbers(await this.#database().run(increment, [this.#key(key)], [by, whole(ttl)]))
    return { sum, ttl: Math.max(1, left) }
  }

  async remove(key: string): Promise<Json | undefined> {
    return parse(await this.#call('getdel', [this.#key(key)]))
  }

  async ttl(key: string): Promise<number | undefined> {
    const left = Number(await this.#call('pttl', [this.#key(key)]))
    return left > 0 ? left : undefined
  }

  async expire(key: string, ttl: number): Promise<boolean> {
    return (await this.#call('pexpire', [this.#key(key), whole(ttl)])) === 1
  }

  /** Looks at all keys of the server: not for every day. */
  async flush(): Promise<void> {
    for await (const keys of this.#database().scan(literal(this.#key('')).concat('*'))) {
      await Promise.all(keys.map((key) => this.#call('unlink', [key])))
    }
  }

  check(options: { readonly readonly: boolean }): Promise<boolean> {
    return this.#lease.value.check(options)
  }

  close(): Promise<void> {
    this.#closed = true
    return this.#lease.release()
  }

  /** Each entry is by itself, wherever a cluster keeps it. */
  #key(key: string): string {
    return `${this.#lease.value.start}cache:${this.#prefix}:${key}`
  }

  async #call(command: string, args: readonly (string | number)[]): Promise<unknown> {
    return await this.#database().call(command, args)
  }

  #database(): RedisDatabase {
    if (this.#closed) throw new BackendError(`the cache in Redis ${this.#lease.value.place} is closed`)
    return this.#lease.value
  }
}

/** Redis counts whole ms; less than one would be no time at all. */
const whole = (ttl: number): number => Math.max(1, Math.ceil(ttl))

function parse(reply: unknown): Json | undefined {
  const text = repliedText(reply)
  return text === undefined ? undefined : (JSON.parse(text) as Json) // only JSON text is ever stored here
}
