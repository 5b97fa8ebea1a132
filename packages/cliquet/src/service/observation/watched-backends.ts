import type { Cache } from '../../cache/contract.ts'
import type { Metrics } from '../../metrics/contract.ts'
import type { PermissionBackend, PermissionSession } from '../../permission/contract.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { Storage, StorageSession } from '../../storage/contract.ts'
import type { Watch, WatchedWork } from './watch.ts'
import { type WatchedCalls, watchCalls } from './watched-calls.ts'

const ofStorageSession = ['get', 'timestamp', 'list', 'count', 'put', 'remove', 'removeAll'] as const satisfies (keyof StorageSession)[]
const ofStorage = ['purge', 'flush', 'check', 'load', 'begin'] as const satisfies (keyof Storage)[]
const ofPermissionSession = [
  ...(['principalsOf', 'addUserPrincipal', 'removeUserPrincipal', 'removePrincipal', 'isGranted'] as const),
  ...(['permissionsOf', 'accessible', 'replace', 'remove', 'run'] as const),
] as const satisfies (keyof PermissionSession)[]
const ofPermission = ['flush', 'check', 'load'] as const satisfies (keyof PermissionBackend)[]
const ofCache = ['get', 'set', 'add', 'increment', 'remove', 'ttl', 'expire', 'flush', 'check'] as const satisfies (keyof Cache)[]

/** Makes what looks at each call of backends, those inside transactions too. What gives no promise is not looked at, nor are dumps. */
export function watchBackends(watch: WatchedWork, metrics: Metrics): Omit<Watch, 'work'> {
  const calls = (backend: string, methods: readonly string[]): WatchedCalls =>
    new Map(methods.map((method) => [method, watch(`backend.${backend}`, { method })]))
  const storageCalls = calls('storage', [...ofStorageSession, ...ofStorage])
  const permissionCalls = calls('permission', [...ofPermissionSession, ...ofPermission])
  const cacheCalls = calls('cache', ofCache)
  const commit = watch('backend.storage', { method: 'commit' })

  // It stays the same object: by that backends know what they have begun.
  function watchCommit(transaction: Transaction): Transaction {
    const own = transaction.commit.bind(transaction)
    return Object.assign(transaction, { commit: () => commit(own) })
  }

  return {
    storage: (storage) =>
      watchCalls(storage, storageCalls, {
        begin: async (options) => watchCommit(await storage.begin(options)),
        within: (transaction) => watchCalls(storage.within(transaction), storageCalls),
      }),
    permission: (permission) =>
      watchCalls(permission, permissionCalls, {
        within(transaction) {
          const session = permission.within(transaction)
          return session && watchCalls(session, permissionCalls)
        },
      }),
    cache: (cache) =>
      watchCalls(cache, cacheCalls, {
        async get(key) {
          const value = await cache.get(key)
          metrics.count(value === undefined ? 'cache_misses' : 'cache_hits')
          return value
        },
      }),
  }
}
