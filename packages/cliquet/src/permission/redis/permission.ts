import type { BackendOptions } from '../../drivers/backend-options.ts'
import { leaseRedisDatabase, type RedisDatabase } from '../../drivers/redis/database.ts'
import { redisTransactionOn } from '../../drivers/redis/transaction.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { PermissionBackend } from '../contract.ts'
import { permissionKeys } from './grant-keys.ts'
import { createGrants } from './grants.ts'
import { dump, load } from './moving.ts'

/** What `createRedisPermission` needs: the URL of a Redis (`parseRedisUrl`); an own connection unless told otherwise. */
export type RedisPermissionOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

/**
 * Makes a permission backend in a Redis server or cluster (6.2 or later), which may be that of a storage. What is changed in a transaction is
 * there at once and stays (P14). @throws ConfigurationError for a bad URL
 */
export function createRedisPermission(options: RedisPermissionOptions): PermissionBackend {
  const lease = leaseRedisDatabase(options)
  const database = lease.value
  let closed = false
  const open = (): RedisDatabase => {
    if (closed) throw new BackendError(`the permission backend in Redis ${database.place} is closed`)
    return database
  }
  return {
    ...createGrants(database, open),
    prepare: async () => {
      await open().call('ping', [])
    },
    flush: async () => flush(open()),
    check: (options) => database.check(options),
    dump: () => dump(open),
    load: async (items) => load(open(), items),
    within: (begun) => {
      const transaction = redisTransactionOn(database, begun)
      const openWithin = (): RedisDatabase => {
        transaction?.hold()
        return open()
      }
      return transaction && createGrants(database, openWithin)
    },
    close: () => {
      closed = true
      return lease.release()
    },
  }
}

/** Looks at all keys of the server: not for every day. */
async function flush(database: RedisDatabase): Promise<void> {
  for (const pattern of permissionKeys(database)) {
    for await (const keys of database.scan(pattern)) await Promise.all(keys.map((key) => database.call('unlink', [key])))
  }
}
