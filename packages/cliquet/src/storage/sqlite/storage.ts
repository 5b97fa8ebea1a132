import type { BackendOptions } from '../../drivers/backend-options.ts'
import { createConnections } from '../../drivers/connections.ts'
import { leaseSqliteDatabase, type SqliteDatabase } from '../../drivers/sqlite/database.ts'
import { type SqliteTransaction, transactionOn } from '../../drivers/sqlite/transaction.ts'
import { BackendError } from '../../errors/backend-error.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { systemClock } from '../../primitives/clock.ts'
import type { ResourceDeclaration, Storage } from '../contract.ts'
import { dump } from './dump.ts'
import { createRecords, writes } from './records.ts'
import { schema } from './schema.ts'
import type { operations } from './writes.ts'

/** What `createSqliteStorage` needs: the URL of a file (`parseSqliteUrl`); the machine's clock and an own handle unless told otherwise. */
export type SqliteStorageOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

/** Makes a storage in a SQLite file. The folder and the file are made by `prepare`. @throws ConfigurationError for a bad URL */
export function createSqliteStorage({ url, clock = systemClock, connections = createConnections() }: SqliteStorageOptions): Storage {
  const lease = leaseSqliteDatabase({ url, connections })
  const database = lease.value
  const write = database.writer<typeof operations>(writes)
  let closed = false
  const open = (): SqliteDatabase => {
    if (closed) throw new BackendError(`the storage in ${database.path} is closed`)
    return database
  }
  return {
    ...createRecords(database, open, clock),
    prepare: (resources) => prepare(open(), resources),
    purge: async (purge) => {
      open()
      return await write('purge', purge)
    },
    flush: async () => {
      open()
      await write('flush', undefined)
    },
    check: (options) => database.check(options),
    dump: () => dump(open),
    load: async (items) => {
      open()
      return await write('load', items)
    },
    begin: async (options) => await open().begin(options),
    within: (begun) => {
      const transaction = transactionOn(database, begun)
      if (transaction === undefined) throw new BackendError(`${database.path} has no part in a transaction of another database`)
      const openWithin = (): SqliteTransaction => {
        open()
        return transaction
      }
      return createRecords(transaction, openWithin, clock)
    },
    close: () => {
      closed = true
      return lease.release()
    },
  }
}

async function prepare(database: SqliteDatabase, resources: readonly ResourceDeclaration[]): Promise<void> {
  await database.migrate(schema)
  const indexing = await database.writer<typeof operations>(writes)('index', resources)
  if (indexing.outcome === 'indexed') return
  const { resource, field, parentId, ids } = indexing
  throw new ConfigurationError(
    `${database.path}: ${field} of ${resource} can't be unique: the records ${ids.join(' and ')} of parent "${parentId}" have the same value`,
  )
}
