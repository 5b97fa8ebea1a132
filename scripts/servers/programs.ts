import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { UnavailableError } from './unavailable-error.ts'

/** A program of the system. */
export interface Program {
  /** The names it goes by. */
  readonly names: readonly string[]
  /** What Debian and Ubuntu call its package. */
  readonly apt: string
  /** What Homebrew calls it, if it has it. */
  readonly brew?: string
  /** Where it may be besides PATH. */
  readonly folders?: readonly string[]
}

/** Redis, or Valkey, which is as good. */
export const redisProgram: Program = { names: ['redis-server', 'valkey-server'], apt: 'redis-server', brew: 'redis' }

/** Memcached. */
export const memcachedProgram: Program = { names: ['memcached'], apt: 'memcached', brew: 'memcached' }

/** nginx, which Debian puts where only root looks. */
export const nginxProgram: Program = { names: ['nginx'], apt: 'nginx', brew: 'nginx', folders: ['/usr/sbin', '/usr/local/sbin'] }

/** What examines units of systemd. */
export const systemdProgram: Program = { names: ['systemd-analyze'], apt: 'systemd' }

/** Where the program is: in the first folder of PATH, or of others, that has it under its first name, or else under another. */
export function findProgram(names: readonly string[], others: readonly string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...others]
  const extension = process.platform === 'win32' ? '.exe' : ''
  return names.flatMap((name) => folders.map((folder) => join(folder, `${name}${extension}`))).find(isExecutable)
}

/** Where the program is. @throws UnavailableError that says how to get it */
export function needProgram({ names, apt, brew, folders }: Program): string {
  const file = findProgram(names, folders)
  if (file !== undefined) return file
  throw new UnavailableError(
    `no ${names.join(' or ')} in PATH: apt-get install ${apt}${brew === undefined ? '' : `, or brew install ${brew}`}`,
  )
}

/** Why a test that needs the program is skipped; false if it is there. */
export function skipWithoutProgram(program: Program): string | false {
  return findProgram(program.names, program.folders) === undefined ? `${program.names.join(' or ')} is not here` : false
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
