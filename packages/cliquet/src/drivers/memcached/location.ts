import { ConfigurationError } from '../../errors/configuration-error.ts'

/** Where one Memcached listens. */
export interface MemcachedHost {
  readonly host: string
  readonly port: number
}

const FORM = 'memcached://host:port[,host:port…]'
const DEFAULT_PORT = 11_211

/**
 * Reads `memcached://host:port`, or several hosts separated by commas; port 11211 unless told otherwise. Which of several keeps a key depends
 * on their order: all processes must name them in the same.
 * @throws ConfigurationError when it is no such URL
 */
export function parseMemcachedUrl(url: string): readonly MemcachedHost[] {
  const [, hosts] = /^memcached:\/\/([^/?#]+)\/?$/.exec(url) ?? []
  if (hosts?.includes('@')) throw new ConfigurationError('a Memcached URL names no user: authentication is not supported')
  const parsed = hosts?.split(',').map(parseHost)
  if (parsed === undefined || !parsed.every((host) => host !== undefined)) {
    throw new ConfigurationError(`this is no URL of a Memcached: expected ${FORM}, not "${url}"`)
  }
  return parsed
}

function parseHost(text: string): MemcachedHost | undefined {
  const parts = /^(?:\[(?<six>[\da-f:.]+)\]|(?<name>[^:[\]]+))(?::(?<port>\d{1,5}))?$/i.exec(text)?.groups
  const host = parts?.six ?? parts?.name
  const port = Number(parts?.port ?? DEFAULT_PORT)
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port }
}
