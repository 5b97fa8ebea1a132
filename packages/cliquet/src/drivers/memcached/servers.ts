import { createHash, randomUUID } from 'node:crypto'
import { BackendError } from '../../errors/backend-error.ts'
import type { BackendOptions } from '../backend-options.ts'
import { createConnections, type Lease } from '../connections.ts'
import { type MemcachedHost, parseMemcachedUrl } from './location.ts'
import { MemcachedServer } from './server.ts'

/** How long a request may take unless told otherwise, ms. Who waits for a cache waits for something that is faster done without it. */
export const DEFAULT_TIMEOUT = 5000

/** The servers of one URL. Each keeps a share of the keys. */
export class MemcachedServers {
  readonly all: readonly MemcachedServer[]

  constructor(hosts: readonly MemcachedHost[], timeout: number) {
    this.all = hosts.map((host) => new MemcachedServer(host, timeout))
  }

  /** The server that keeps a key. */
  serverOf(key: string): MemcachedServer {
    const number = createHash('sha256').update(key).digest().readUInt32BE()
    const server = this.all[number % this.all.length]
    if (server === undefined) throw new BackendError('there is no Memcached')
    return server
  }

  /** Whether all servers answer, and keep and remove a private key if asked. */
  async check(prefix: string, { readonly }: { readonly readonly: boolean }): Promise<boolean> {
    try {
      const checked = await Promise.all(this.all.map((server) => (readonly ? answers(server) : keeps(server, `${prefix}${randomUUID()}`))))
      return checked.every((isFine) => isFine)
    } catch (error) {
      if (error instanceof BackendError) return false
      throw error
    }
  }

  /** @throws BackendError when one of the servers does not answer */
  async reach(): Promise<void> {
    await Promise.all(this.all.map(answers))
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((server) => server.close()))
  }
}

const answers = async (server: MemcachedServer): Promise<boolean> => (await server.ask({ operation: 'version' })).outcome === 'done'

async function keeps(server: MemcachedServer, key: string): Promise<boolean> {
  const value = Buffer.from(key)
  await server.ask({ operation: 'set', key, value, expiration: 60 })
  const kept = await server.ask({ operation: 'get', key })
  const removed = await server.ask({ operation: 'delete', key })
  return kept.value.equals(value) && removed.outcome === 'done'
}

/** Opens the servers of a URL (`parseMemcachedUrl`), or joins those who did. Nothing is sent before the first request. @throws ConfigurationError for a bad URL */
export function leaseMemcachedServers({
  url,
  connections = createConnections(),
  pool,
}: Pick<BackendOptions, 'url'> & Partial<BackendOptions>): Lease<MemcachedServers> {
  const hosts = parseMemcachedUrl(url)
  return connections.lease(
    `memcached:${JSON.stringify(hosts)}`,
    () => new MemcachedServers(hosts, pool?.statementTimeout ?? DEFAULT_TIMEOUT),
  )
}
