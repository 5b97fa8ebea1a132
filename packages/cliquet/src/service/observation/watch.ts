import type { Cache } from '../../cache/contract.ts'
import type { Labels } from '../../metrics/contract.ts'
import type { PermissionBackend } from '../../permission/contract.ts'
import type { Storage } from '../../storage/contract.ts'

/** Runs work and looks at it: how long it takes, and whether it fails. Gives what the work gives, and throws what it throws. */
export type Watched = <T>(work: () => Promise<T>) => Promise<T>

/** Makes what looks at one kind of work, by the name and the labels of its metric. */
export type WatchedWork = (name: string, labels?: Labels) => Watched

/** Looks at what a service does, for metrics and traces. */
export interface Watch {
  /** Made once of each kind of work, and used for every call: `listeners.audit`. */
  readonly work: WatchedWork
  /** The same storage; its calls are looked at, also those inside transactions. */
  storage(storage: Storage): Storage
  permission(permission: PermissionBackend): PermissionBackend
  cache(cache: Cache): Cache
}

/** Looks at nothing: everything is as it was. */
export const noWatch: Watch = {
  work: () => (work) => work(),
  storage: (storage) => storage,
  permission: (permission) => permission,
  cache: (cache) => cache,
}
