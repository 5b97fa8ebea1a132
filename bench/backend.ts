import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Backend, BackendName } from './engine.ts'
import { openPostgres, type ServerSettings } from './postgresql.ts'
import type { Scratch } from './scratch.ts'

/** What the option `--backend` takes. */
export const isBackendName = (name: string): name is BackendName => name === 'sqlite' || name === 'postgresql'

/** Starts the engine, which goes with the scratch. */
export async function openBackend(name: BackendName, scratch: Scratch, settings?: ServerSettings): Promise<Backend> {
  if (name === 'postgresql') return { name, ...(await openPostgres(scratch, settings)) }
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
