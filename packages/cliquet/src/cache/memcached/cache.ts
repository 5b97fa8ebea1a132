import { randomUUID } from 'node:crypto'
import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Lease } from '../../drivers/connections.ts'
import { expirationOf, type MemcachedOutcome } from '../../drivers/memcached/request.ts'
import type { MemcachedServer } from '../../drivers/memcached/server.ts'
import { leaseMemcachedServers, type MemcachedServers } from '../../drivers/memcached/servers.ts'
import { BackendError } from '../../errors/backend-error.ts'
import { type Clock, systemClock } from '../../primitives/clock.ts'
import type { Json } from '../../primitives/json.ts'
import { type Cache, type Counted, notANumber } from '../contract.ts'
import { decodeEntry, type Entry, encodeEntry, parseValue } from './entry.ts'
import { createKeyNames, type KeyNames } from './keys.ts'

/** What `createMemcachedCache` needs: the URL of one server or several (`parseMemcachedUrl`); no prefix, the machine's clock, own connections unless told otherwise. */
export type MemcachedCacheOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

/**
 * Makes a cache in Memcached. A server forgets everything when it is restarted, and when its memory is full what was not used for longest; a value has
 * at most 1 MB (`BackendError`) unless the server was told otherwise. @throws ConfigurationError for a bad URL
 */
export function createMemcachedCache({ prefix = '', clock = systemClock, ...options }: MemcachedCacheOptions): Cache {
  return new MemcachedCache(leaseMemcachedServers(options), createKeyNames(prefix), clock)
}

/** How often something is tried again because another has changed the value meanwhile. Each time one of them has succeeded. */
const TRIES = 1000

/** What a server has for a key. */
interface Found {
  /** The name under which it is kept. */
  readonly name: string
  readonly server: MemcachedServer
  /** Which generation is valid; none if nothing was ever set, or the server has forgotten it. */
  readonly generation: string | undefined
  /** Of what is there, valid or not. */
  readonly version: Buffer | undefined
  /** What is there, if its time is not over and it was not flushed. */
  readonly entry: Entry | undefined
}

/**
 * A server can't list its keys. So every value tells the generation it belongs to, and a value of its own, on each server, tells which
 * generation is valid; to flush a prefix is to begin another. Both are asked for at once.
 */
class MemcachedCache implements Cache {
  readonly #lease: Lease<MemcachedServers>
  readonly #names: KeyNames
  readonly #clock: Clock
  #isClosed = false

  constructor(lease: Lease<MemcachedServers>, names: KeyNames, clock: Clock) {
    this.#lease = lease
    this.#names = names
    this.#clock = clock
  }

  async prepare(): Promise<void> {
    await this.#servers().reach()
  }

  async get(key: string): Promise<Json | undefined> {
    const { entry } = await this.#find(key)
    return entry && parseValue(entry)
  }

  async set(key: string, value: Json, ttl: number): Promise<void> {
    const name = this.#names.of(key)
    const server = this.#servers().serverOf(name)
    const text = JSON.stringify(value)
    await this.#store('set', { name, server, generation: await this.#generation(server), version: undefined }, text, ttl)
  }

  async add(key: string, value: Json, ttl: number): Promise<boolean> {
    const text = JSON.stringify(value)
    return await this.#insist(key, async (found) => {
      if (found.entry) return false
      const generation = found.generation ?? (await this.#generation(found.server))
      // What is over is still there, and is replaced only if nobody was faster.
      const outcome = await this.#store(found.version ? 'set' : 'add', { ...found, generation }, text, ttl)
      return outcome === 'done' ? true : undefined
    })
  }

  async increment(key: string, by: number, ttl: number): Promise<Counted> {
    return await this.#insist(key, async (found) => {
      const before = found.entry === undefined ? 0 : parseValue(found.entry)
      if (typeof before !== 'number' || !Number.isInteger(before)) throw notANumber()
      const left = found.entry === undefined ? ttl : found.entry.end - this.#clock()
      const generation = found.generation ?? (await this.#generation(found.server))
      const outcome = await this.#store(found.version ? 'set' : 'add', { ...found, generation }, JSON.stringify(before + by), left)
      return outcome === 'done' ? { sum: before + by, ttl: left } : undefined
    })
  }

  async remove(key: string): Promise<Json | undefined> {
    const removed = await this.#insist(key, async ({ server, name, version, entry }) => {
      if (!entry) return 'none'
      const { outcome } = await server.ask({ operation: 'delete', key: name, version })
      return outcome === 'done' ? entry : undefined
    })
    return removed === 'none' ? undefined : parseValue(removed)
  }

  async ttl(key: string): Promise<number | undefined> {
    const { entry } = await this.#find(key)
    return entry && entry.end - this.#clock()
  }

  async expire(key: string, ttl: number): Promise<boolean> {
    return await this.#insist(key, async (found) => {
      if (!found.entry) return false
      const outcome = await this.#store('set', { ...found, generation: found.entry.generation }, found.entry.text, ttl)
      return outcome === 'done' ? true : undefined
    })
  }

  async flush(): Promise<void> {
    const begin = (server: MemcachedServer) =>
      server.ask({ operation: 'set', key: this.#names.generation, value: Buffer.from(randomUUID()) })
    await Promise.all(this.#servers().all.map(begin))
  }

  async check(options: { readonly readonly: boolean }): Promise<boolean> {
    return !this.#isClosed && (await this.#lease.value.check(`${this.#names.start}check.`, options))
  }

  close(): Promise<void> {
    this.#isClosed = true
    return this.#lease.release()
  }

  async #find(key: string): Promise<Found> {
    const name = this.#names.of(key)
    const server = this.#servers().serverOf(name)
    const [current, kept] = await Promise.all([this.#names.generation, name].map((each) => server.ask({ operation: 'get', key: each })))
    const generation = current?.outcome === 'done' ? current.value.toString() : undefined
    if (kept?.outcome !== 'done') return { name, server, generation, version: undefined, entry: undefined }
    const entry = decodeEntry(kept.value)
    const isValid = entry !== undefined && entry.generation === generation && entry.end > this.#clock()
    return { name, server, generation, version: kept.version, entry: isValid ? entry : undefined }
  }

  /** The generation that is valid on a server; one begins if there is none. */
  async #generation(server: MemcachedServer): Promise<string> {
    const key = this.#names.generation
    const fresh = randomUUID()
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { outcome, value } = await server.ask({ operation: 'get', key })
      if (outcome === 'done') return value.toString()
      const added = await server.ask({ operation: 'add', key, value: Buffer.from(fresh) })
      if (added.outcome === 'done') return fresh
    }
    throw new BackendError(`Memcached ${server.place} keeps nothing`)
  }

  async #store(
    operation: 'set' | 'add',
    { server, name, generation, version }: Pick<Found, 'server' | 'name' | 'version'> & { readonly generation: string },
    text: string,
    ttl: number,
  ): Promise<MemcachedOutcome> {
    const now = this.#clock()
    const value = encodeEntry({ generation, end: now + ttl, text })
    const { outcome } = await server.ask({ operation, key: name, value, expiration: expirationOf(ttl, now), version })
    return outcome
  }

  /** Does something with what is kept for a key, and does it again, with what is kept then, as long as it gives undefined. */
  async #insist<Result>(key: string, act: (found: Found) => Promise<Result | undefined>): Promise<Result> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const result = await act(await this.#find(key))
      if (result !== undefined) return result
    }
    throw new BackendError('Memcached: others change the value without end')
  }

  #servers(): MemcachedServers {
    if (this.#isClosed) throw new BackendError('the cache in Memcached is closed')
    return this.#lease.value
  }
}
