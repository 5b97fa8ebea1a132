import type { Clock } from '../primitives/clock.ts'
import type { Connections } from './connections.ts'

/**
 * What a backend module's factory is given: `createStorage(options)` of a storage module, `createPermission(options)`, `createCache(options)`.
 */
export interface BackendOptions {
  /** Where the backend keeps things, from the setting `storage_url`, `permission_url` or `cache_url`; each backend says which forms it takes. */
  readonly url: string
  readonly clock: Clock
  /** Handles that the backends of one service share. */
  readonly connections: Connections
  /** Put before every key of a cache, so that several deployments can share a server (setting `cache_prefix`). */
  readonly prefix?: string | undefined
  /** How much a cache in memory holds, bytes (setting `cache_max_size_bytes`). */
  readonly maxBytes?: number | undefined
  /** Of connections to a server. Backends with the same URL share a pool, whose options are those of the first. */
  readonly pool?: PoolOptions | undefined
}

/** How a backend uses connections to its server; each has a default. */
export interface PoolOptions {
  /** Most connections at once (setting `*_pool_size`). */
  readonly size?: number | undefined
  /** How long a call waits for a connection, ms (`*_pool_timeout`). */
  readonly timeout?: number | undefined
  /** How many calls may wait for a connection; a further one fails at once. −1: any number (`*_max_backlog`). */
  readonly backlog?: number | undefined
  /** How long the server may take for one statement, ms (`*_statement_timeout`). */
  readonly statementTimeout?: number | undefined
}
