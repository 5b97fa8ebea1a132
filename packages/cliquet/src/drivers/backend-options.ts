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
}
