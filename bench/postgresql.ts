import { Client } from 'pg'
import { startPostgres } from '../scripts/servers/postgresql.ts'
import type { Backend } from './engine.ts'
import type { Scratch } from './scratch.ts'

/** A row, by names of columns. */
export type Row = Readonly<Record<string, unknown>>

/** Settings of a server, by name. */
export type ServerSettings = Readonly<Record<string, string>>

/** Starts a PostgreSQL as it is delivered but for these settings: a commit is on the disk before it is acknowledged. */
export async function openPostgres(scratch: Scratch, settings: ServerSettings = {}): Promise<Omit<Backend, 'name'>> {
  const { url } = await scratch.keep(startPostgres({ settings }))
  const [about] = await runSql(url, "select current_setting('server_version') version, current_setting('fsync') fsync")
  const shown = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  return {
    facts: `PostgreSQL ${about?.version} (${[`fsync=${about?.fsync}`, ...shown].join(', ')}, otherwise as delivered)`,
    async createDatabase(name) {
      await runSql(url, `create database "${name}"`)
      return url.replace(/[^/]*$/, name)
    },
    async settle(location) {
      await runSql(location, 'vacuum (analyze)')
      await runSql(location, 'checkpoint')
    },
  }
}

/** Runs one statement on a connection of its own. */
export async function runSql(url: string, text: string, values?: readonly unknown[]): Promise<readonly Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Row>(text, values && [...values])
    return rows
  } finally {
    await client.end()
  }
}
