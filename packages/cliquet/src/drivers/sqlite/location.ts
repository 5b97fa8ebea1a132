import { resolve } from 'node:path'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { withoutPasswords } from '../../primitives/passwords.ts'

/** How sure a commit is: `full` survives a power cut, `normal` may lose the last commits in one (never the consistency of the file). */
export type Synchronous = 'full' | 'normal'

/** Where a SQLite database is and how it is used. What is undefined was not said. */
export interface SqliteLocation {
  /** Absolute. */
  readonly path: string
  readonly synchronous?: Synchronous | undefined
  /** How long to wait for a file that others lock, ms. */
  readonly timeout?: number | undefined
}

const FORMS = 'sqlite:path/to/file.sqlite, sqlite:///absolute/path.sqlite or a plain path'

/**
 * Reads `sqlite:relative/or/absolute/path`, `sqlite:///absolute/path` or a plain path. After a `?`, URLs may say `synchronous=full|normal`
 * and `timeout=<ms>`. Relative paths start at the working directory.
 * @throws ConfigurationError when it is none of these, or a database in memory
 */
export function parseSqliteUrl(url: string): SqliteLocation {
  if (url.includes(':memory:')) {
    throw new ConfigurationError(`"${url}" keeps nothing: for a service without a file use the memory backend instead of SQLite`)
  }
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)
  if (scheme === null) return { path: nonEmptyPath(url, url) }
  if (scheme[1]?.toLowerCase() !== 'sqlite')
    throw new ConfigurationError(`"${withoutPasswords(url)}" is no SQLite database: expected ${FORMS}`)
  const rest = url.slice(scheme[0].length)
  const question = rest.indexOf('?')
  const location = question < 0 ? rest : rest.slice(0, question)
  const options = question < 0 ? {} : parseOptions(url, new URLSearchParams(rest.slice(question + 1)))
  if (!location.startsWith('//')) return { path: nonEmptyPath(location, url), ...options }
  if (!location.startsWith('///')) {
    throw new ConfigurationError(`"${withoutPasswords(url)}" names a host, but SQLite databases are files: expected ${FORMS}`)
  }
  return { path: nonEmptyPath(location.slice(/^\/\/\/[a-z]:/i.test(location) ? 3 : 2), url), ...options }
}

function nonEmptyPath(path: string, url: string): string {
  if (path === '' || path === '/') throw new ConfigurationError(`"${url}" names no file: expected ${FORMS}`)
  return resolve(path)
}

function parseOptions(url: string, options: URLSearchParams): Pick<SqliteLocation, 'synchronous' | 'timeout'> {
  let synchronous: Synchronous | undefined
  let timeout: number | undefined
  for (const [name, value] of options) {
    if (name === 'synchronous' && (value === 'full' || value === 'normal')) synchronous = value
    else if (name === 'timeout' && /^\d{1,9}$/.test(value)) timeout = Number(value)
    else
      throw new ConfigurationError(
        `"${name}=${value}" in "${url}" is unknown: expected synchronous=full, synchronous=normal or timeout=<ms>`,
      )
  }
  return { synchronous, timeout }
}
