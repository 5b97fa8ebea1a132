import { ConfigurationError } from '../../errors/configuration-error.ts'

/** Where a PostgreSQL database is, and the schema in it that holds our tables. */
export interface PostgresLocation {
  /** What the driver is given: the URL without the options that are ours. */
  readonly connectionString: string
  readonly schema: string
  /** Host, port and database, for messages: never the password. */
  readonly shown: string
}

const FORM = 'postgresql://user:password@host:port/database'
const DEFAULT_SCHEMA = 'cliquet'
const LONGEST_IDENTIFIER = 63

/**
 * Reads `postgresql://user:password@host:port/database` (or `postgres://`). After a `?`, `schema=<name>` says which schema holds the tables
 * (`cliquet` unless told otherwise); all else is the driver's (`sslmode`, `application_name` …).
 * @throws ConfigurationError when it is none, without printing the password
 */
export function parsePostgresUrl(url: string): PostgresLocation {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new ConfigurationError(`this is no URL of a PostgreSQL database: expected ${FORM}, not "${schemeOf(url)}…"`)
  }
  const parsed = new URL(url)
  if (!isEncoded(parsed)) {
    throw new ConfigurationError('in the URL of a PostgreSQL database, write special characters of a password as %40 for @, %2F for / …')
  }
  const schema = parsed.searchParams.get('schema') ?? DEFAULT_SCHEMA
  if (!isSchemaName(schema)) {
    throw new ConfigurationError(
      `"${schema}" can't be the name of a schema: 1 to ${LONGEST_IDENTIFIER} bytes, without $, not beginning with pg_`,
    )
  }
  if (parsed.pathname.length < 2) throw new ConfigurationError(`the URL of ${parsed.host} names no database: expected ${FORM}`)
  parsed.searchParams.delete('schema')
  return { connectionString: parsed.href, schema, shown: `${parsed.host}${parsed.pathname}` }
}

/** All of it that surely is no piece of a password. */
const schemeOf = (url: string): string => /^[a-z]+:/i.exec(url)?.[0] ?? ''

/** Whether no part is one by mistake: `user:12/34@host/database` would be the host `user`, and a message would show a piece of the password. */
function isEncoded({ username, password, pathname, search, hash }: URL): boolean {
  if (hash !== '' || `${pathname}${search}`.includes('@')) return false
  try {
    decodeURIComponent(username + password + pathname)
    return true
  } catch {
    return false
  }
}

/** A `$` could end the text of a function in which the name stands. */
const isSchemaName = (name: string): boolean =>
  name !== '' && Buffer.byteLength(name) <= LONGEST_IDENTIFIER && !/[\0$]/.test(name) && !name.startsWith('pg_')
