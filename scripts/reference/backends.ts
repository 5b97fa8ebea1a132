import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { LocalServer } from '../servers/local-server.ts'
import { startPostgres } from '../servers/postgresql.ts'
import { startRedis } from '../servers/redis.ts'
import { UnavailableError } from '../servers/unavailable-error.ts'
import { CommandError } from './command.ts'

/** A database that nothing is in yet. */
export interface Database {
  /** What a service needs to know to use it. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Looks for damage, once no service uses it; the answer is `ok` or what is wrong. */
  examine?(): string
  /** The server that it is in, if it is in one of its own. */
  readonly server?: Pick<LocalServer, 'kill' | 'restart'>
  /** Removes what is not in the folder that was given. */
  close?(): Promise<void>
}

/** A kind of backend that the commands can run services on. */
export interface Backend {
  /** Makes a database; what it keeps in files goes into the folder. */
  create(folder: string): Promise<Database>
  /** Why several processes cannot share a database, if they cannot. */
  readonly singleProcess?: string
  /** Why there is nothing to find after a crash, if there is not. */
  readonly forgets?: string
}

const sqlite: Backend = {
  async create(folder) {
    const file = join(folder, 'data.sqlite')
    return {
      settings: { storage_backend: 'cliquet/storage/sqlite', storage_url: file },
      examine() {
        const database = new DatabaseSync(file)
        const [row] = database.prepare('PRAGMA integrity_check').all()
        database.close()
        return String(row?.integrity_check)
      },
    }
  },
}

/** A server of its own for each database, so that nobody else is in it and it can be killed. @throws CommandError where none can be had */
const onServer = (storage: string, start: () => Promise<LocalServer>): Backend => ({
  async create() {
    const server = await start().catch((error: unknown) => {
      throw error instanceof UnavailableError ? new CommandError(error.message) : error
    })
    return { settings: { storage_backend: storage, storage_url: server.url }, server, close: () => server.stop() }
  },
})

const postgresql = onServer('cliquet/storage/postgresql', () => startPostgres())

const redis = onServer('cliquet/storage/redis', () => startRedis({ appendonly: true }))

const memory: Backend = {
  create: async () => ({ settings: { storage_backend: 'cliquet/storage/memory' } }),
  singleProcess: 'each process would have records of its own',
  forgets: 'its records end with the process',
}

/** Every backend by the name that `--backend` takes. A new one is added here and nowhere else. */
const backends: Readonly<Record<string, Backend>> = { sqlite, postgresql, redis, memory }

/** The backend of that name, fit for so many processes. @throws CommandError with the known names, or with what keeps it from that */
export function findBackend(name: string, processes = 1): Backend {
  const backend = Object.hasOwn(backends, name) ? backends[name] : undefined
  if (backend === undefined) throw new CommandError(`no backend "${name}". There are: ${Object.keys(backends).join(', ')}`)
  if (processes > 1 && backend.singleProcess !== undefined) {
    throw new CommandError(`${name} cannot be shared by ${processes} processes: ${backend.singleProcess}`)
  }
  return backend
}
