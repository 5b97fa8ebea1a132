/**
 * The house: which folder of `packages/cliquet/src` stands on which floor. A folder imports from lower floors and from itself, type imports
 * included, never sideways. Names without a slash are folders; `index.ts` is the roof.
 */
export const floors: Record<string, number> = {
  'index.ts': 10,
  cli: 9,
  testing: 9,
  service: 8,
  resource: 7,
  views: 7,
  auth: 6,
  http: 5,
  model: 5,
  events: 4,
  storage: 3,
  cache: 3,
  permission: 3,
  metrics: 3,
  tracing: 3,
  logging: 3,
  reporting: 3,
  profiling: 3,
  drivers: 2,
  schema: 1,
  errors: 0,
  primitives: 0,
}

/**
 * Folders made of one contract (the files directly in them) and implementations (their subfolders). An implementation sees its contract, lower
 * floors and its own driver, never a neighbour; the contract sees no implementation. `conformance` is bound like an implementation.
 */
export const contractFolders = ['storage', 'cache', 'permission', 'events', 'metrics', 'tracing', 'logging', 'reporting']

/** Subfolders of contract folders that are no implementation: what several implementations share. They see the contract and lower floors. */
export const sharedRooms = ['storage/evaluation']

/** Drivers by engine: the only subfolder (or file of that name) of `drivers/` that the engine's implementations see, besides what belongs to no engine, such as `drivers/sql`. */
export const engineDrivers: Record<string, string> = { sqlite: 'sqlite', postgresql: 'postgresql', redis: 'redis', memcached: 'memcached' }
