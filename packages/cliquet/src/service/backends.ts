import type { Cache } from '../cache/contract.ts'
import type { BackendOptions } from '../drivers/backend-options.ts'
import { createConnections } from '../drivers/connections.ts'
import { parseSqliteUrl } from '../drivers/sqlite/location.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { PermissionBackend } from '../permission/contract.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Storage } from '../storage/contract.ts'
import type { Settings } from './settings.ts'

/** What a service keeps things in. */
export interface Backends {
  readonly storage: Storage
  readonly permission: PermissionBackend
  readonly cache: Cache
  /** Closes all of them. */
  close(): Promise<void>
}

/** Where the storage keeps its records. */
export const storageUrl = ({ storageUrl: url, projectName }: Settings): string => url ?? `data/${projectName}.sqlite`

/**
 * Where the cache keeps its values. A SQLite file has one writer, and a batch is one transaction: a cache in the storage's file would wait for
 * the batch that uses it. So it has a file of its own beside, `{name}.cache.sqlite`, which needs not survive a power cut to the last value.
 */
function cacheUrl(settings: Settings, backend: string): string {
  if (backend !== 'cliquet/cache/sqlite') return settings.cacheUrl ?? storageUrl(settings)
  const storage = settings.storageBackend === 'cliquet/storage/sqlite' ? parseSqliteUrl(storageUrl(settings)).path : undefined
  const url = settings.cacheUrl ?? `sqlite:${besides(storage ?? `data/${settings.projectName}.sqlite`)}?synchronous=normal`
  if (parseSqliteUrl(url).path !== storage) return url
  throw new ConfigurationError('setting "cache_url": the cache needs a SQLite file of its own, another than that of the storage')
}

const besides = (path: string): string => path.replace(/(\.[^./]*)?$/, '.cache$1')

/** Makes the backends that the settings name. Nothing is opened before they are prepared or used. */
export async function openBackends(settings: Settings, clock: Clock): Promise<Backends> {
  const { storageBackend, cachePrefix: prefix } = settings
  const connections = createConnections()
  const url = storageUrl(settings)
  const options = (own: string | undefined): BackendOptions => ({ url: own ?? url, clock, connections, prefix })
  const permissionBackend = settings.permissionBackend ?? sibling(storageBackend, 'permission')
  const cacheBackend = settings.cacheBackend ?? sibling(storageBackend, 'cache')

  const storage = await create<Storage>(storageBackend, 'createStorage', options(url), 'storage_backend')
  const permission = await create<PermissionBackend>(
    permissionBackend,
    'createPermission',
    options(settings.permissionUrl),
    'permission_backend',
  )
  const cache = await create<Cache>(cacheBackend, 'createCache', options(cacheUrl(settings, cacheBackend)), 'cache_backend')
  return {
    storage,
    permission,
    cache,
    async close() {
      await Promise.all([storage.close(), permission.close(), cache.close()])
    },
  }
}

/** The permission or cache backend of the same kind as a storage of ours; of a foreign one it must be named. */
function sibling(storage: string, contract: 'permission' | 'cache'): string {
  const kind = /^cliquet\/storage\/([a-z]+)$/.exec(storage)?.[1]
  if (kind !== undefined) return `cliquet/${contract}/${kind}`
  throw new ConfigurationError(`setting "${contract}_backend" is needed with the storage ${storage}`)
}

async function create<T>(specifier: string, factory: string, options: BackendOptions, setting: string): Promise<T> {
  const make: unknown = (await load(specifier, setting))[factory]
  if (typeof make !== 'function') {
    throw new ConfigurationError(`setting "${setting}": the module ${specifier} must export a function ${factory}(options)`)
  }
  return make(options) as T // the contract is the module's to keep; the conformance suites prove it
}

async function load(specifier: string, setting: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(specifier)) as Readonly<Record<string, unknown>> // a module namespace is an object of unknowns
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError(`setting "${setting}": the module ${specifier} can't be loaded: ${reason}`, { cause })
  }
}
