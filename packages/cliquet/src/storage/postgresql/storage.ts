import type { BackendOptions } from '../../drivers/backend-options.ts'
import { createConnections } from '../../drivers/connections.ts'
import { leasePostgresDatabase, type PostgresDatabase } from '../../drivers/postgresql/database.ts'
import { DEFAULT_POOL } from '../../drivers/postgresql/pool.ts'
import { type PostgresTransaction, transactionOn } from '../../drivers/postgresql/transaction.ts'
import { BackendError } from '../../errors/backend-error.ts'
import { systemClock } from '../../primitives/clock.ts'
import type { Collection, Storage } from '../contract.ts'
import { dump } from './dump.ts'
import { makeIndexes } from './index-making.ts'
import { flush, purge } from './keeping.ts'
import { load } from './loading.ts'
import { createRecords, type Records } from './records.ts'
import { schema } from './schema.ts'
import { StatementNames } from './statement-names.ts'
import { WriteGroups } from './write-groups.ts'
import { WritePauses } from './write-pauses.ts'
import { type Write, type WriteRow, writeAll, writeGroup } from './writes.ts'

/**
 * What `createPostgresStorage` needs: the URL of a database (`parsePostgresUrl`); own connections unless told otherwise. The time is the
 * database's own, so that processes need not agree on it, unless a clock other than the machine's is given.
 */
export type PostgresStorageOptions = Pick<BackendOptions, 'url'> & Partial<BackendOptions>

/** The fields of a resource that have an index, by what it is for. */
interface Fields {
  readonly unique: readonly string[]
  readonly indexed: ReadonlySet<string>
}

const NONE: Fields = { unique: [], indexed: new Set() }

/** Makes a storage in a PostgreSQL database. Its tables are made by `prepare`. @throws ConfigurationError for a bad URL */
export function createPostgresStorage(options: PostgresStorageOptions): Storage {
  const { url, clock = systemClock, connections = createConnections(), pool } = options
  const lease = leasePostgresDatabase({ url, connections, pool })
  const database = lease.value
  const fields = new Map<string, Fields>()
  let closed = false
  const open = (): PostgresDatabase => {
    if (closed) throw new BackendError(`the storage in ${database.shown} is closed`)
    return database
  }
  const fieldsOf = (resource: string): Fields => fields.get(resource) ?? NONE
  const common = {
    at: database.at,
    names: new StatementNames(),
    pages: new Map(),
    indexed: (resource: string) => fieldsOf(resource).indexed,
    now: () => (clock === systemClock ? undefined : clock()),
  }
  const contextOf = ({ resource }: Collection) => ({ at: database.at, unique: fieldsOf(resource).unique, now: common.now() })
  const groups = new WriteGroups<Write, WriteRow | BackendError>(
    (collection, writes) => writeGroup(open(), collection, writes, contextOf(collection)),
    { pauses: new WritePauses(() => database.statements), backlog: pool?.backlog ?? DEFAULT_POOL.backlog },
  )
  const records: Records = { ...common, open, write: async (collection, write) => written(await groups.add(collection, write)) }
  return {
    ...createRecords(records),
    async prepare(resources) {
      await open().migrate(schema)
      await makeIndexes(database, resources)
      for (const { name, uniqueFields, indexes } of resources) fields.set(name, { unique: uniqueFields, indexed: new Set(indexes) })
    },
    purge: async (what) => await purge(open(), database.at, what),
    flush: async () => await flush(open(), database.at),
    check: (how) => database.check(how),
    dump: () => dump(open),
    load: async (items) => await load(open(), database.at, items),
    begin: async (how) => await open().begin(how),
    within(begun) {
      const transaction = transactionOn(database, begun)
      if (transaction === undefined) throw new BackendError(`${database.shown} has no part in a transaction of another database`)
      const openWithin = (): PostgresTransaction => {
        open()
        return transaction
      }
      const write: Records['write'] = async (collection, one) =>
        written((await writeAll(openWithin(), collection, [one], contextOf(collection)))[0])
      return createRecords({ ...common, open: openWithin, write })
    },
    close: () => {
      closed = true
      return lease.release()
    },
  }
}

function written(row: WriteRow | BackendError | undefined): WriteRow {
  if (row === undefined) throw new BackendError('PostgreSQL did not tell what became of a write')
  if (row instanceof BackendError) throw row
  return row
}
