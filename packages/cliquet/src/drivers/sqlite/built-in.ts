import type { SqliteConnection, SqlStatement, SqlValue } from './connection.ts'

/** The tables of one backend. */
export interface Schema {
  /** What they are called in `meta`. */
  readonly name: string
  /** The statements of each version, in order; the last one is the current. Released ones are never changed, new ones are added. */
  readonly versions: readonly string[]
}

/** What `migrate` came to: done, or the file has a version that this program doesn't know. */
export type Migration = { readonly outcome: 'current' } | { readonly outcome: 'newer'; readonly version: number }

const META = 'create table if not exists meta(key text primary key, value text not null) without rowid'

/** Brings the tables of one backend to their current version. In a write transaction: of two that start at once the second finds it done. */
function migrate(connection: SqliteConnection, schema: Schema): Migration {
  connection.execute(META)
  const key = `${schema.name} schema`
  const version = Number(connection.row<[string]>('select value from meta where key = ?', [key])?.[0] ?? 0)
  if (version > schema.versions.length) return { outcome: 'newer', version }
  if (version === schema.versions.length) return { outcome: 'current' }
  for (const statements of schema.versions.slice(version)) connection.execute(statements)
  connection.run('insert or replace into meta(key, value) values(?, ?)', [key, String(schema.versions.length)])
  return { outcome: 'current' }
}

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
