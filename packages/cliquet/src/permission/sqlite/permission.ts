import type { BackendOptions } from '../../drivers/backend-options.ts'
import { createConnections } from '../../drivers/connections.ts'
import { leaseSqliteDatabase, type SqliteDatabase } from '../../drivers/sqlite/database.ts'
import { type SqliteTransaction, transactionOn } from '../../drivers/sqlite/transaction.ts'
import type { WorkStatement } from '../../drivers/sqlite/work.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { PermissionBackend } from '../contract.ts'
import { createGrants, runIn } from './grants.ts'
import { dump, loadStatements } from './moving.ts'
import { schema } from './schema.ts'

/** What `createSqlitePermission` needs: the URL of a file (`parseSqliteUrl`); an own handle unless told otherwise. */
export type SqlitePermissionOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

const FLUSH: readonly WorkStatement[] = [
  { sql: 'delete from permissions', params: {} },
  { sql: 'delete from user_principals', params: {} },
]

/** Makes a permission backend in a SQLite file, which may be that of a storage. @throws ConfigurationError for a bad URL */
export function createSqlitePermission({ url, connections = createConnections() }: SqlitePermissionOptions): PermissionBackend {
  const lease = leaseSqliteDatabase({ url, connections })
  const database = lease.value
  let closed = false
  const open = (): SqliteDatabase => {
    if (closed) throw new BackendError(`the permission backend in ${database.path} is closed`)
    return database
  }
  return {
    ...createGrants(database, open),
    prepare: async () => void (await open().migrate(schema)),
    flush: () => runIn(open, FLUSH),
    check: (options) => database.check(options),
    dump: () => dump(open),
    load: (items) => runIn(open, loadStatements(items)),
    within: (begun) => {
      const transaction = transactionOn(database, begun)
      if (transaction === undefined) return undefined
      const openWithin = (): SqliteTransaction => {
        open()
        return transaction
      }
      return createGrants(transaction, openWithin)
    },
    close: () => {
      closed = true
      return lease.release()
    },
  }
}
