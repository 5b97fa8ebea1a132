import { BackendError } from '../../errors/backend-error.ts'
import type { PoolOptions } from '../backend-options.ts'
import type { Closable } from '../connections.ts'
import type { RedisClient, RedisClients, RedisTimes } from './client.ts'
import { createRedisClients } from './client.ts'
import { isUnknownScript, redisError, wasNotSent } from './failure.ts'
import type { RedisLocation } from './location.ts'
import type { RedisScript } from './script.ts'

const DEFAULT_TIMEOUT = 5000

/** How many keys the server looks at in one step of a scan. */
const SCAN_COUNT = 1000

/**
 * A Redis server or cluster. All calls share one connection (one for each server of a cluster), in which they follow each other without
 * waiting for answers. Opened by the first call. When the connection is lost, calls without answer fail; later ones wait for an attempt to
 * connect that began after them, and fail when that fails.
 */
export class RedisServer implements Closable {
  readonly #location: RedisLocation
  readonly #times: RedisTimes
  #clients: Promise<RedisClients> | undefined
  #connecting: Promise<void> | undefined
  /** Why the last attempt to connect failed. */
  #reason: Error | undefined
  #closed = false

  constructor(location: RedisLocation, { timeout = DEFAULT_TIMEOUT, statementTimeout = DEFAULT_TIMEOUT }: PoolOptions = {}) {
    this.#location = location
    this.#times = { connect: Math.min(timeout, statementTimeout), answer: statementTimeout }
  }

  /** For messages. */
  get place(): string {
    return this.#location.shown
  }

  /** Sends one command. @throws BackendError */
  async call(command: string, args: readonly (string | number)[]): Promise<unknown> {
    return await this.#send(({ client }) => client.call(command, [...args]))
  }

  /** Runs a script. @throws BackendError */
  async run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args]
    return await this.#send(async ({ client }) => {
      try {
        return await client.call('evalsha', [script.digest, ...rest])
      } catch (error) {
        if (!isUnknownScript(error)) throw error
        return await client.call('eval', [script.lua, ...rest])
      }
    })
  }

  /** Keys of all servers that match a pattern, in portions. Costs as much as there are keys. @throws BackendError */
  async *scan(match: string): AsyncIterable<readonly string[]> {
    for (const master of await this.#send(async ({ masters }) => masters())) {
      let cursor = '0'
      do {
        const reply = await this.#send(() => master.call('scan', [cursor, 'MATCH', match, 'COUNT', SCAN_COUNT]))
        const [next, keys] = reply as [string, string[]] // what SCAN answers
        if (keys.length > 0) yield keys
        cursor = next
      } while (cursor !== '0')
    }
  }

  /** Waits for what is under way, then closes the connections. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const clients = await this.#clients?.catch(() => undefined)
    if (clients === undefined || clients.client.status === 'wait') return
    try {
      if (clients.client.status === 'ready') await clients.client.quit()
    } catch {
      // The server is gone: nothing is left to wait for.
    }
    clients.client.disconnect()
  }

  async #send<T>(work: (clients: RedisClients) => Promise<T>): Promise<T> {
    if (this.#closed) throw new BackendError(`Redis ${this.place}: the connection is closed`)
    this.#clients ??= this.#create()
    const clients = await this.#clients
    for (let isAgain = false; ; isAgain = true) {
      if (isAgain || clients.client.status !== 'ready') await this.#connect(clients.client)
      try {
        return await work(clients)
      } catch (error) {
        if (isAgain || !wasNotSent(error)) throw redisError(this.place, error)
      }
    }
  }

  /** Waits for an attempt to connect that begins from now on. One that began before may fail although the server is back by now. */
  async #connect(client: RedisClient): Promise<void> {
    if (client.status !== 'wait' && client.status !== 'reconnecting') {
      const isReady = await this.#attempt(client).then(
        () => true,
        () => false,
      )
      if (isReady) return
    }
    await this.#attempt(client)
  }

  /** Waits for the end of the attempt to connect that is under way, or comes next. All who wait, wait together. */
  #attempt(client: RedisClient): Promise<void> {
    this.#connecting ??= this.#connected(client).finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #create(): Promise<RedisClients> {
    const clients = await createRedisClients(this.#location, this.#times)
    clients.client.on('error', (error) => {
      this.#reason = error
    })
    return clients
  }

  #connected(client: RedisClient): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: BackendError): void => {
        clearTimeout(timer)
        client.off('ready', succeed)
        client.off('close', fail)
        client.off('end', fail)
        if (error === undefined) resolve()
        else reject(error)
      }
      const succeed = (): void => settle()
      const fail = (): void => settle(new BackendError(`Redis ${this.place}: no connection`, { cause: this.#reason }))
      const timer = setTimeout(fail, this.#times.connect + this.#times.answer)
      client.once('ready', succeed)
      client.once('close', fail)
      client.once('end', fail)
      if (client.status === 'wait') client.connect().catch(() => {})
    })
  }
}
