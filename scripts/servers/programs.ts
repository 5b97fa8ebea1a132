import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { UnavailableError } from './unavailable-error.ts'

/** A program of the system. */
export interface Program {
  /** The names it goes by. */
  readonly names: readonly string[]
  /** What Debian and Ubuntu call its package. */
  readonly apt: string
  /** What Homebrew calls it. */
  readonly brew: string
}

/** Redis, or Valkey, which is as good. */
export const redisProgram: Program = { names: ['redis-server', 'valkey-server'], apt: 'redis-server', brew: 'redis' }

/** Memcached. */
export const memcachedProgram: Program = { names: ['memcached'], apt: 'memcached', brew: 'memcached' }

/** Where the program is: in the first folder of PATH, or of others, that has it under its first name, or else under another. */
export function findProgram(names: readonly string[], others: readonly string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...others]
  const extension = process.platform === 'win32' ? '.exe' : ''
  return names.flatMap((name) => folders.map((folder) => join(folder, `${name}${extension}`))).find(isExecutable)
}

/** Where the program is. @throws UnavailableError that says how to get it */
export function needProgram({ names, apt, brew }: Program): string {
  const file = findProgram(names)
  if (file !== undefined) return file
  throw new UnavailableError(`no ${names.join(' or ')} in PATH: apt-get install ${apt}, or brew install ${brew}`)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
