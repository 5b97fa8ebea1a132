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
    throw new ConfigurationError(`this is no URL of a PostgreSQL database: expected ${FORM}, not "${withoutPassword(url)}"`)
  }
  const parsed = new URL(url)
  const schema = parsed.searchParams.get('schema') ?? DEFAULT_SCHEMA
  if (schema === '' || Buffer.byteLength(schema) > LONGEST_IDENTIFIER || schema.includes('\0') || schema.startsWith('pg_')) {
    throw new ConfigurationError(`"${schema}" can't be the name of a schema: 1 to ${LONGEST_IDENTIFIER} bytes, not beginning with pg_`)
  }
  if (parsed.pathname.length < 2) throw new ConfigurationError(`"${withoutPassword(url)}" names no database: expected ${FORM}`)
  parsed.searchParams.delete('schema')
  return { connectionString: parsed.href, schema, shown: `${parsed.host}${parsed.pathname}` }
}

const withoutPassword = (url: string): string => url.replace(/:[^:@/]*@/, ':***@')
