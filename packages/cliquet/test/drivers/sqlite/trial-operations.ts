import { isMainThread } from 'node:worker_threads'
import type { SqliteConnection } from '../../../src/drivers/sqlite/connection.ts'

function insert(connection: SqliteConnection, value: string): string {
  connection.execute('create table if not exists trial(value text not null unique)')
  connection.run('insert into trial(value) values(?)', [value])
  return value
}

/** Writes, then fails. */
function insertAndFail(connection: SqliteConnection, value: string): never {
  insert(connection, value)
  throw new RangeError(`failing after ${value}`)
}

/** Ends the thread in the middle of the transaction. */
function die(connection: SqliteConnection, value: string): string {
  insert(connection, value)
  process.exit(7)
}

/** Lets the file grow no more while this connection is open. */
const fill = (connection: SqliteConnection) => connection.row('pragma max_page_count=1')?.[0]

const pragma = (connection: SqliteConnection, name: string) => connection.row(`pragma ${name}`)?.[0]

const thread = (): string => (isMainThread ? 'main' : 'worker')

/** What the driver's tests let the writer thread do. */
export const operations = { insert, insertAndFail, die, fill, pragma, thread }
