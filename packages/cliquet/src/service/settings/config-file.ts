import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { readDataFile } from './data-file.ts'
import { readIniFile } from './ini-file.ts'
import type { Entry } from './origin.ts'

/** What hello tells of the configuration file (R2.2). */
export interface ConfigFileInfo {
  /** Its name, without folders. */
  readonly path: string
  /** SHA-256 in hex. */
  readonly hash: string
  /** ISO 8601. */
  readonly modified: string
}

/** A configuration file that was read. */
export interface ConfigFile {
  readonly info: ConfigFileInfo
  readonly entries: readonly Entry[]
}

/** Which reader reads which names of files. */
const formats: ReadonlyMap<string, 'ini' | 'toml' | 'yaml' | 'json'> = new Map([
  ['.ini', 'ini'],
  ['.toml', 'toml'],
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.json', 'json'],
])

/**
 * Reads a configuration file, in the format that its name tells. `application.ini#staging` is the section `[app:staging]` of it. `namedBy` tells
 * errors who named it. @throws ConfigurationError
 */
export function readConfigFile(named: string, namedBy: string): ConfigFile {
  const [, file = named, section] = /^(.+\.ini)#(.+)$/.exec(named) ?? []
  const format = formats.get(extname(file).toLowerCase())
  if (format === undefined)
    throw new ConfigurationError(`${namedBy}: the name of a configuration file ends in ${[...formats.keys()].join(', ')}`)
  const info = describe(file, namedBy)
  return { info, entries: format === 'ini' ? readIniFile(file, section) : readDataFile(file, format) }
}

function describe(file: string, namedBy: string): ConfigFileInfo {
  try {
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex')
    return { path: basename(file), hash, modified: statSync(file).mtime.toISOString() }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError(`${namedBy}: the configuration file ${file} can't be read: ${reason}`, { cause })
  }
}
