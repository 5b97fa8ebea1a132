import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CommandError } from './command.ts'

/** A database that nothing is in yet. */
export interface Database {
  /** What a service needs to know to use it. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Looks for damage, once no service uses it; the answer is `ok` or what is wrong. */
  examine?(): string
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

const memory: Backend = {
  create: async () => ({ settings: { storage_backend: 'cliquet/storage/memory' } }),
  singleProcess: 'each process would have records of its own',
  forgets: 'its records end with the process',
}

/** Every backend by the name that `--backend` takes. A new one is added here and nowhere else. */
const backends: Readonly<Record<string, Backend>> = { sqlite, memory }

/** The backend of that name, fit for so many processes. @throws CommandError with the known names, or with what keeps it from that */
export function findBackend(name: string, processes = 1): Backend {
  const backend = Object.hasOwn(backends, name) ? backends[name] : undefined
  if (backend === undefined) throw new CommandError(`no backend "${name}". There are: ${Object.keys(backends).join(', ')}`)
  if (processes > 1 && backend.singleProcess !== undefined) {
    throw new CommandError(`${name} cannot be shared by ${processes} processes: ${backend.singleProcess}`)
  }
  return backend
}
