import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openPostgres } from './postgresql.ts'
import type { Scratch } from './scratch.ts'

/** What keeps the records of both servers. */
export type BackendName = 'sqlite' | 'postgresql'

/** A database engine, empty and of our own. */
export interface Backend {
  readonly name: BackendName
  /** What the numbers depend on: engine, version, how safe a commit is. */
  readonly facts: string
  /** Makes a database with that name. @returns where it is, as servers are told: a file or a URL */
  createDatabase(name: string): Promise<string>
  /** Does what the engine does by itself sooner or later (clearing up, statistics), so that it does not do it while something is measured. */
  settle(location: string): Promise<void>
}

/** What the option `--backend` takes. */
export const isBackendName = (name: string): name is BackendName => name === 'sqlite' || name === 'postgresql'

/** Starts the engine, which goes with the scratch. */
export async function openBackend(name: BackendName, scratch: Scratch): Promise<Backend> {
  if (name === 'postgresql') return { name, ...(await openPostgres(scratch)) }
  return {
    name,
    facts: `SQLite ${sqliteVersion()} (WAL, synchronous=FULL)`,
    createDatabase: async (database) => join(scratch.folder, `${database}.sqlite`),
    settle: async () => {},
  }
}

function sqliteVersion(): string {
  const database = new DatabaseSync(':memory:')
  const version = Object.values(database.prepare('select sqlite_version()').get() ?? {})[0]
  database.close()
  return String(version)
}
