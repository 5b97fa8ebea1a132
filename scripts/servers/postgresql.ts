import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { User } from './keeper.ts'
import type { LocalServer, ServerOptions } from './local-server.ts'
import { startLocalServer } from './local-server.ts'
import type { PostgresBinaries, PostgresOrigin } from './postgresql-binaries.ts'
import { findPostgres } from './postgresql-binaries.ts'
import { UnavailableError } from './unavailable-error.ts'

/** How a PostgreSQL is started. */
export interface PostgresOptions extends ServerOptions {
  /** Whether a commit is on the disk before it is acknowledged. True, unless given; without it a SIGKILL still loses nothing, a power cut does. */
  readonly fsync?: boolean | undefined
  /** Further settings of the server (`postgresql.conf`). */
  readonly settings?: Readonly<Record<string, string | number | boolean>> | undefined
  /** `any`, unless given. */
  readonly origin?: PostgresOrigin | undefined
}

/** Starts a PostgreSQL with an empty database `cliquet`, whose owner is the superuser `cliquet`; no password is asked. @throws UnavailableError */
export async function startPostgres({ keeper, ...options }: PostgresOptions = {}): Promise<LocalServer> {
  const user = unprivileged()
  let binaries: PostgresBinaries | undefined
  return await startLocalServer(
    {
      name: 'PostgreSQL',
      user,
      cleanSignal: 'SIGINT',
      async prepare(folder) {
        binaries = findPostgres(folder, user, options.origin ?? 'any')
        await initialise(binaries, folder, user)
      },
      plan(port, folder) {
        if (binaries === undefined) throw new UnavailableError('PostgreSQL is not prepared')
        // SIGQUIT ends it at once, without writing what it has in memory, but in good order.
        return { file: binaries.postgres, args: argumentsFor(port, folder, options), env: binaries.env, endSignal: 'SIGQUIT' }
      },
      url: (port) => urlOf(port, 'cliquet'),
      answer: (port) => run(port, 'select 1'),
      complete: (port) => run(port, 'create database cliquet'),
      tidy: removeSharedMemory,
    },
    { keeper },
  )
}

const urlOf = (port: number, database: string): string => `postgresql://cliquet@127.0.0.1:${port}/${database}`

async function run(port: number, sql: string): Promise<void> {
  const client = new Client({ connectionString: urlOf(port, 'postgres'), connectionTimeoutMillis: 2000, ssl: false })
  // Of a server that ends while we are connected.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** PostgreSQL refuses to run as root: then it is another user's. */
function unprivileged(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const line of ['postgres', 'nobody'].map(passwdLine)) {
    const [, , uid, gid] = line?.split(':') ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  return { uid: 65_534, gid: 65_534 }
}

const passwdLine = (name: string): string | undefined =>
  readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))

const dataOf = (folder: string): string => join(folder, 'data')

async function initialise({ initdb, env }: PostgresBinaries, folder: string, user: User | undefined): Promise<void> {
  const args = ['-D', dataOf(folder), '-U', 'cliquet', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions']
  try {
    await promisify(execFile)(initdb, args, { ...user, cwd: folder, env: { ...process.env, ...env }, timeout: 60_000 })
  } catch (cause) {
    throw new UnavailableError(`PostgreSQL's initdb failed: ${String(cause).trim().replaceAll('\n', ' | ')}`, { cause })
  }
}

function argumentsFor(port: number, folder: string, { fsync = true, settings = {} }: PostgresOptions): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 300,
    fsync,
    // In the folder, so that it goes with it even after a SIGKILL; /dev/shm is small in containers, too.
    dynamic_shared_memory_type: process.platform === 'win32' ? 'windows' : 'mmap',
    ...settings,
  }
  return ['-D', dataOf(folder), ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/** A server that was killed leaves the few bytes of shared memory by which a second one on the same folder would notice it. */
function removeSharedMemory(folder: string): void {
  const file = join(dataOf(folder), 'postmaster.pid')
  const id = existsSync(file) ? readFileSync(file, 'utf8').split('\n')[6]?.trim().split(/\s+/)[1] : undefined
  if (id !== undefined) spawnSync('ipcrm', ['-m', id])
}
