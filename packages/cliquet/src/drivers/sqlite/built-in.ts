import type { SqliteConnection, SqlStatement, SqlValue } from './connection.ts'

/** Tables, as they are told to another thread (`TableSet`): the statements of each version. */
interface Statements {
  readonly name: string
  readonly versions: readonly string[]
}

/** What `migrate` came to: done, or the file has a version that this program doesn't know. `version` is what it found. */
export type Migration = { readonly outcome: 'current' | 'newer'; readonly version: number }

const META = 'create table if not exists meta(key text primary key, value text not null) without rowid'

/** The version that the tables have in the file; 0: there are none. */
export function installedVersion(connection: SqliteConnection, name: string): number {
  if (connection.row("select 1 from sqlite_schema where name = 'meta'") === undefined) return 0
  return Number(connection.row<[string]>('select value from meta where key = ?', [keyOf(name)])?.[0] ?? 0)
}

/** Brings tables to their current version. In a write transaction: of two that start at once the second finds it done. */
function migrate(connection: SqliteConnection, { name, versions }: Statements): Migration {
  connection.execute(META)
  const version = installedVersion(connection, name)
  if (version >= versions.length) return { outcome: version > versions.length ? 'newer' : 'current', version }
  for (const statements of versions.slice(version)) connection.execute(statements)
  connection.run('insert or replace into meta(key, value) values(?, ?)', [keyOf(name), String(versions.length)])
  return { outcome: 'current', version }
}

const keyOf = (name: string): string => `${name} schema`

/** Runs the statements; gives the rows of each. */
function run(connection: SqliteConnection, statements: readonly SqlStatement[]): SqlValue[][][] {
  return statements.map(({ sql, params }) => connection.rows<SqlValue[]>(sql, params))
}

/** Writes and removes a private item. */
function check(connection: SqliteConnection): boolean {
  const item = `check ${Math.random()}`
  connection.run('insert into meta(key, value) values(?, ?)', [item, ''])
  return connection.run('delete from meta where key = ?', [item]) === 1
}

/** What the writer thread can do for every backend. */
export const operations = { migrate, run, check }
