import { ConfigurationError } from '../../errors/configuration-error.ts'

/** One server of a URL. */
export interface RedisHost {
  readonly host: string
  readonly port: number
}

/** Where a Redis is, and under which prefix our keys are. */
export interface RedisLocation {
  /** One, or those of a cluster that are asked for the others. */
  readonly hosts: readonly RedisHost[]
  readonly cluster: boolean
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  /** The database's number; a cluster has only 0. */
  readonly db: number
  /** Put before every key, so that several deployments can share a server. */
  readonly prefix: string
  /** Hosts and database, for messages: never the password. */
  readonly shown: string
}

const FORM = 'redis://user:password@host:port/database or redis+cluster://host:port,host:port'
const DEFAULT_PORT = 6379
const DEFAULT_PREFIX = 'cliquet'

const pattern =
  /^redis(?<tls>s?)(?<cluster>\+cluster)?:\/\/(?:(?<user>[^@/?#]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<db>\d*))?(?:\?(?<query>[^#]*))?$/i

/**
 * Reads `redis://user:password@host:port/database`, or `redis+cluster://host:port,host:port,…` for a cluster; with TLS `rediss:` and
 * `rediss+cluster:`. After a `?`, `prefix=<name>` says what keys begin with (`cliquet` unless told otherwise).
 * @throws ConfigurationError when it is none, without printing the password
 */
export function parseRedisUrl(url: string): RedisLocation {
  const parts = pattern.exec(url)?.groups
  const hosts = parts?.hosts?.split(',').map(parseHost) ?? []
  if (parts === undefined || !hosts.every((host) => host !== undefined)) throw refused(url, `expected ${FORM}`)
  const cluster = parts.cluster !== undefined
  const db = Number(parts.db ?? 0)
  if (!cluster && hosts.length > 1) throw refused(url, 'several hosts are a cluster: redis+cluster://')
  if (cluster && db !== 0) throw refused(url, 'a cluster has no database but 0')
  const place = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',')
  return {
    hosts,
    cluster,
    tls: parts.tls === 's' || parts.tls === 'S',
    ...parseUser(url, parts.user),
    db,
    prefix: parsePrefix(url, parts.query),
    shown: cluster ? `cluster ${place}` : `${place}/${db}`,
  }
}

function parseHost(text: string): RedisHost | undefined {
  const parts = /^(?:\[(?<six>[\da-f:.]+)\]|(?<name>[^:[\]]+))(?::(?<port>\d{1,5}))?$/i.exec(text)?.groups
  const host = parts?.six ?? parts?.name
  const port = Number(parts?.port ?? DEFAULT_PORT)
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port }
}

function parseUser(url: string, text: string | undefined): Pick<RedisLocation, 'username' | 'password'> {
  if (text === undefined || text === '') return { username: undefined, password: undefined }
  const colon = text.indexOf(':')
  try {
    const [username, password] = (colon < 0 ? ['', text] : [text.slice(0, colon), text.slice(colon + 1)]).map(decodeURIComponent)
    return { username: username || undefined, password }
  } catch {
    throw refused(url, 'a % in a user or password is written %25')
  }
}

function parsePrefix(url: string, query: string | undefined): string {
  const options = new URLSearchParams(query)
  for (const name of options.keys()) if (name !== 'prefix') throw refused(url, `"${name}" is unknown, only "prefix" is known`)
  const prefix = options.get('prefix') ?? DEFAULT_PREFIX
  if (prefix === '') throw refused(url, 'the prefix is empty')
  return prefix
}

const refused = (url: string, why: string): ConfigurationError =>
  new ConfigurationError(`this is no URL of a Redis: ${why}, not "${url.replace(/\/\/.*@/, '//***@')}"`)
