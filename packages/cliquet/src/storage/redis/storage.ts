import type { BackendOptions } from '../../drivers/backend-options.ts'
import { leaseRedisDatabase, type RedisDatabase } from '../../drivers/redis/database.ts'
import { RedisTransaction, redisTransactionOn } from '../../drivers/redis/transaction.ts'
import { BackendError } from '../../errors/backend-error.ts'
import { systemClock } from '../../primitives/clock.ts'
import type { Storage } from '../contract.ts'
import { dump } from './dump.ts'
import { flushCollections, purgeTombstones } from './keeping.ts'
import { load } from './loading.ts'
import { createRecords } from './records.ts'
import type { Store } from './store.ts'
import { createUniqueFields } from './unique-fields.ts'

/** What `createRedisStorage` needs: the URL of a Redis (`parseRedisUrl`); an own connection and the clock of Redis unless told otherwise. */
export type RedisStorageOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

/**
 * Makes a storage in a Redis server or cluster (6.2 or later). The time is that of Redis, unless a clock other than the machine's is given. Each
 * write is one script; what a transaction writes is there at once and stays (S32). How sure it is that a write survives a power cut is a
 * matter of the server's `appendonly` and `appendfsync`, and it must not evict keys (`maxmemory-policy noeviction`). Lists in the order of
 * timestamps cost as much as they are long; other orders, and filters by other fields, read the whole collection.
 * @throws ConfigurationError for a bad URL
 */
export function createRedisStorage(options: RedisStorageOptions): Storage {
  const { clock = systemClock } = options
  const lease = leaseRedisDatabase(options)
  const database = lease.value
  const store: Store = { database, clock, uniqueFields: createUniqueFields(database, clock) }
  let closed = false
  const open = (): RedisDatabase => {
    if (closed) throw new BackendError(`the storage in Redis ${database.place} is closed`)
    return database
  }
  return {
    ...createRecords(store, open),
    prepare: async (resources) => {
      await open().call('ping', [])
      await store.uniqueFields.declare(resources)
    },
    purge: async (purge) => purgeTombstones(open(), purge),
    flush: async () => flushCollections(open()),
    check: (check) => database.check(check),
    dump: () => dump(open),
    load: async (items) => {
      open()
      return await load(store, items)
    },
    begin: async (begin) => {
      await open().call('ping', [])
      return new RedisTransaction(database, begin)
    },
    within: (begun) => {
      const transaction = redisTransactionOn(database, begun)
      if (transaction === undefined) throw new BackendError(`Redis ${database.place} has no part in a transaction of another database`)
      const openWithin = (): void => {
        transaction.hold()
        open()
      }
      return createRecords(store, openWithin)
    },
    close: () => {
      closed = true
      return lease.release()
    },
  }
}
