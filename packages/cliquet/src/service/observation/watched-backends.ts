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
  function calls(backend: string, methods: readonly string[]): WatchedCalls {
    const name = `backend.${backend}`
    // Told before there is any: a counter that appears with its first failure seems to have been there for ever: nobody is alerted.
    for (const method of methods) metrics.count(`${name}.errors`, { by: 0, labels: { method } })
    return new Map(methods.map((method) => [method, watch(name, { method })]))
  }
  const storageCalls = calls('storage', [...ofStorageSession, ...ofStorage])
  const permissionCalls = calls('permission', [...ofPermissionSession, ...ofPermission])
  const cacheCalls = calls('cache', ofCache)
  for (const name of ['cache_hits', 'cache_misses']) metrics.count(name, { by: 0 })
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
