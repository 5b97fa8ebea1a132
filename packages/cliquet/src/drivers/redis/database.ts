import { randomUUID } from 'node:crypto'
import { BackendError } from '../../errors/backend-error.ts'
import type { BackendOptions } from '../backend-options.ts'
import type { Connections, Lease } from '../connections.ts'
import { createConnections } from '../connections.ts'
import { parseRedisUrl } from './location.ts'
import { repliedText } from './reply.ts'
import type { RedisScript } from './script.ts'
import { RedisServer } from './server.ts'

/**
 * What a key belongs to, which decides on which server of a cluster it is: all keys of one parent are together, and those of one user, one
 * principal, one URI, and one of each kind of list.
 */
export type Owner = 'parent' | 'user' | 'principal' | 'uri' | 'list'

const marks: Readonly<Record<Owner, string>> = { parent: '=', user: '@', principal: '&', uri: '~', list: '+' }

/** Any text in a form without `:`, `{` and `}`, different texts in different ones. */
export const encoded = (text: string): string => encodeURIComponent(text)

/** The keys under one prefix on a server: what the backends of one deployment share. The object itself is the identity of the database (S12). */
export interface RedisDatabase {
  /** For messages. */
  readonly place: string
  /** What every key begins with: `prefix:`. No prefix's beginning is that of another. */
  readonly start: string
  /** What the keys of this owner begin with: `prefix:{owner}:`. No such beginning is that of another owner or kind of owner. */
  keysOf(owner: Owner, name: string): string
  /** Sends one command. @throws BackendError */
  call(command: string, args: readonly (string | number)[]): Promise<unknown>
  /** Runs a script. @throws BackendError */
  run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>
  /** The keys that match a pattern, in portions. Looks at every key of the server. @throws BackendError */
  scan(match: string): AsyncIterable<readonly string[]>
  /** Whether the server answers, and takes writes if asked. */
  check(options: { readonly readonly: boolean }): Promise<boolean>
}

/** What a backend needs to find its database. */
export type RedisOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

/** Opens the database of a URL (`parseRedisUrl`), or joins those who did. Nothing is sent before the first call. @throws ConfigurationError for a bad URL */
export function leaseRedisDatabase({ url, connections = createConnections(), pool }: RedisOptions): Lease<RedisDatabase> {
  const { prefix, ...location } = parseRedisUrl(url)
  const { hosts, cluster, tls, username, password, db } = location
  const key = `redis:${JSON.stringify({ hosts, cluster, tls, username, password, db })}`
  const server = connections.lease(key, () => new RedisServer({ ...location, prefix }, pool))
  return leasePrefix(connections, `${key}:${encoded(prefix)}`, prefix, server)
}

/** The database is one object for all who share it, as the server is. */
function leasePrefix(connections: Connections, key: string, prefix: string, server: Lease<RedisServer>): Lease<RedisDatabase> {
  const lease = connections.lease(key, () => ({ ...createDatabase(server.value, prefix), close: async () => {} }))
  return {
    value: lease.value,
    release: async () => {
      await lease.release()
      await server.release()
    },
  }
}

function createDatabase(server: RedisServer, prefix: string): RedisDatabase {
  const start = `${encoded(prefix)}:`
  const keysOf: RedisDatabase['keysOf'] = (owner, name) => `${start}{${marks[owner]}${encoded(name)}}:`
  return {
    place: server.place,
    start,
    keysOf,
    call: (command, args) => server.call(command, args),
    run: (script, keys, args) => server.run(script, keys, args),
    scan: (match) => server.scan(match),
    check: async ({ readonly }) => {
      const key = `${keysOf('list', 'checks')}${randomUUID()}`
      try {
        if (readonly) return repliedText(await server.call('get', [key])) === undefined
        await server.call('set', [key, '1', 'PX', 10_000])
        return Number(await server.call('del', [key])) === 1
      } catch (error) {
        if (error instanceof BackendError) return false
        throw error
      }
    },
  }
}

/** A pattern that only this text matches. */
export const literal = (text: string): string => text.replace(/[\\*?[\]^-]/g, '\\$&')
