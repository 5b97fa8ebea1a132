import type { Cache } from '../cache/contract.ts'
import type { BackendOptions, PoolOptions } from '../drivers/backend-options.ts'
import { type Connections, createConnections, type PoolUsage } from '../drivers/connections.ts'
import type { SqlDatabase } from '../drivers/sql-database.ts'
import { parseSqliteUrl } from '../drivers/sqlite/location.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { PermissionBackend } from '../permission/contract.ts'
import type { Access } from '../primitives/access.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Storage } from '../storage/contract.ts'
import { type Exports, importNamed, subject } from './named-module.ts'
import { nearest } from './settings/nearest.ts'
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
  const { cacheHosts } = settings
  if (backend === 'cliquet/cache/memcached' && cacheHosts !== undefined) return settings.cacheUrl ?? `memcached://${cacheHosts.join(',')}`
  if (backend !== 'cliquet/cache/sqlite') return settings.cacheUrl ?? storageUrl(settings)
  const pathOf = (contract: Contract, url: string): string => withPlace(settings, contract, () => parseSqliteUrl(url).path)
  const storage = settings.storageBackend === 'cliquet/storage/sqlite' ? pathOf('storage', storageUrl(settings)) : undefined
  const url = settings.cacheUrl ?? `sqlite:${besides(storage ?? `data/${settings.projectName}.sqlite`)}?synchronous=normal`
  if (pathOf('cache', url) !== storage) return url
  throw new ConfigurationError(
    `${subject(settings, 'cache_url')}: the cache needs a SQLite file of its own, another than that of the storage`,
  )
}

const besides = (path: string): string => path.replace(/(\.[^./]*)?$/, '.cache$1')

/** A backend that the settings name, and what its module's functions are given. */
export interface NamedBackend {
  readonly contract: Contract
  /** Of its module. */
  readonly specifier: string
  readonly options: BackendOptions
}

/** The modules of the backends that the settings name. @throws ConfigurationError when one that is needed is not named */
export function backendModules(settings: Settings): Readonly<Record<Contract, string>> {
  const { storageBackend, permissionBackend = sibling(settings, 'permission'), cacheBackend = sibling(settings, 'cache') } = settings
  return { storage: storageBackend, permission: permissionBackend, cache: cacheBackend }
}

/** The backends that the settings name. They share connections. @throws ConfigurationError when one that is needed is not named */
export function namedBackends(
  settings: Settings,
  clock: Clock,
  connections: Connections = createConnections(),
): Readonly<Record<Contract, NamedBackend>> {
  const modules = backendModules(settings)
  const named = (contract: Contract, url: string): NamedBackend => ({
    contract,
    specifier: modules[contract],
    options: {
      url,
      clock,
      connections,
      prefix: settings.cachePrefix,
      maxBytes: settings.cacheMaxSizeBytes,
      pool: poolOptions(settings, contract),
    },
  })
  return {
    storage: named('storage', storageUrl(settings)),
    permission: named('permission', settings.permissionUrl ?? storageUrl(settings)),
    cache: named('cache', cacheUrl(settings, modules.cache)),
  }
}

/** Makes the backends that the settings name. Nothing is opened before they are prepared or used. */
export async function openBackends(settings: Settings, clock: Clock): Promise<Backends> {
  const make = backendMaker()
  const [storage, permission, cache] = [
    await make.storage(settings, clock),
    await make.permission(settings, clock),
    await make.cache(settings, clock),
  ]
  return {
    storage,
    permission,
    cache,
    async close() {
      await Promise.all([storage.close(), permission.close(), cache.close()])
    },
  }
}

/** Makes backends one by one; they share connections. */
export function backendMaker() {
  let known: ReturnType<typeof namedBackends> | undefined
  const connections = createConnections()
  const named = (settings: Settings, clock: Clock) => (known ??= namedBackends(settings, clock, connections))
  return {
    storage: (settings: Settings, clock: Clock) => create<Storage>(named(settings, clock).storage, settings),
    permission: (settings: Settings, clock: Clock) => create<PermissionBackend>(named(settings, clock).permission, settings),
    cache: (settings: Settings, clock: Clock) => create<Cache>(named(settings, clock).cache, settings),
    database: (settings: Settings, clock: Clock) => openDatabase(named(settings, clock).storage, settings),
    /** How long a call of them that comes now would wait in this process, ms. */
    expectedWait: (access: Access): number => connections.expectedWait(access),
    /** How the connections of pools are used at the moment. */
    usage: (): PoolUsage | undefined => connections.usage(),
  }
}

/** The SQL database that a storage keeps records in; undefined if it has none. */
export async function openDatabase(storage: NamedBackend, settings: Settings): Promise<SqlDatabase | undefined> {
  const { createDatabase } = await loadBackend(storage, settings)
  if (typeof createDatabase !== 'function') return undefined
  return withPlace(settings, 'storage', () => createDatabase(storage.options)) as SqlDatabase // the contract is the module's to keep
}

/** What backends are for. */
export type Contract = 'storage' | 'permission' | 'cache'

/** Our backends, for advice on a mistyped one. */
export const ourBackends: Readonly<Record<Contract, readonly string[]>> = {
  storage: ['memory', 'postgresql', 'redis', 'sqlite'],
  permission: ['memory', 'postgresql', 'redis', 'sqlite'],
  cache: ['memcached', 'memory', 'postgresql', 'redis', 'sqlite'],
}

const factories: Readonly<Record<Contract, string>> = {
  storage: 'createStorage',
  permission: 'createPermission',
  cache: 'createCache',
}

/** Those of permission and cache are those of the storage unless they are set. */
function poolOptions(settings: Settings, contract: Contract): PoolOptions {
  const inForce = (option: 'PoolSize' | 'PoolTimeout' | 'MaxBacklog' | 'StatementTimeout'): number =>
    settings[`${contract}${option}`] ?? settings[`storage${option}`]
  return {
    size: inForce('PoolSize'),
    timeout: inForce('PoolTimeout') * 1000,
    backlog: inForce('MaxBacklog'),
    statementTimeout: inForce('StatementTimeout') * 1000,
  }
}

/** The permission or cache backend of the same kind as a storage of ours; of a foreign one it must be named. */
function sibling(settings: Settings, contract: 'permission' | 'cache'): string {
  const kind = /^cliquet\/storage\/([a-z]+)$/.exec(settings.storageBackend)?.[1]
  if (kind !== undefined) return `cliquet/${contract}/${kind}`
  throw new ConfigurationError(`setting "${contract}_backend" is needed with the storage ${settings.storageBackend}`)
}

async function create<T>(backend: NamedBackend, settings: Settings): Promise<T> {
  const { contract, specifier, options } = backend
  const factory = factories[contract]
  const make = (await loadBackend(backend, settings))[factory]
  if (typeof make !== 'function') {
    const place = subject(settings, `${contract}_backend`)
    throw new ConfigurationError(`${place}: the module ${specifier} must export a function ${factory}(options)`)
  }
  return withPlace(settings, contract, () => make(options)) as T // the contract is the module's to keep; the conformance suites prove it
}

/** Has errors about a backend's URL say where it was found. */
function withPlace<T>(settings: Settings, contract: Contract, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    const url = [`${contract}_url`, `${contract}_hosts`].find((name) => settings.subjects.has(name))
    throw new ConfigurationError(`${subject(settings, url ?? 'storage_url')}: ${error.message}`, { cause: error })
  }
}

/** What the module of the backend exports. @throws ConfigurationError that names the nearest right one */
export function loadBackend({ specifier, contract }: NamedBackend, settings: Settings): Promise<Exports> {
  const ours = ourBackends[contract].map((engine) => `cliquet/${contract}/${engine}`)
  const near = ours.includes(specifier) ? undefined : nearest(specifier, ours)
  return importNamed(specifier, `${contract}_backend`, settings, near === undefined ? undefined : `did you mean ${near}?`)
}
