import type { BackendOptions } from '../../drivers/backend-options.ts'
import { createConnections } from '../../drivers/connections.ts'
import { leasePostgresDatabase, type PostgresDatabase } from '../../drivers/postgresql/database.ts'
import { type PostgresTransaction, transactionOn } from '../../drivers/postgresql/transaction.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { PermissionBackend } from '../contract.ts'
import { createGrants } from './grants.ts'
import { dump, load } from './moving.ts'
import { schema } from './schema.ts'

/** What `createPostgresPermission` needs: the URL of a database (`parsePostgresUrl`); own connections unless told otherwise. */
export type PostgresPermissionOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

/**
 * Makes a permission backend in a PostgreSQL database, which may be that of a storage. Its tables are made by `prepare`.
 * @throws ConfigurationError for a bad URL
 */
export function createPostgresPermission({ url, connections = createConnections(), pool }: PostgresPermissionOptions): PermissionBackend {
  const lease = leasePostgresDatabase({ url, connections, pool })
  const database = lease.value
  const { at } = database
  let closed = false
  const open = (): PostgresDatabase => {
    if (closed) throw new BackendError(`the permission backend in ${database.shown} is closed`)
    return database
  }
  return {
    ...createGrants({ database, at, open }),
    prepare: async () => await open().migrate(schema),
    flush: async () => {
      await open().atomically(async (transaction) => {
        await transaction.query({ text: `delete from ${at}permissions` })
        await transaction.query({ text: `delete from ${at}user_principals` })
      })
    },
    check: (how) => database.check(how),
    dump: () => dump(open),
    load: (items) => load(open(), at, items),
    within: (begun) => {
      const transaction = transactionOn(database, begun)
      if (transaction === undefined) return undefined
      const openWithin = (): PostgresTransaction => {
        open()
        return transaction
      }
      return createGrants({ database, at, open: openWithin })
    },
    close: () => {
      closed = true
      return lease.release()
    },
  }
}
