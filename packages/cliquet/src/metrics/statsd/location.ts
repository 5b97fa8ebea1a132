import { ConfigurationError } from '../../errors/configuration-error.ts'

/** Where StatsD listens, and what it understands. */
export interface StatsdLocation {
  readonly host: string
  readonly port: number
  /** Whether labels are sent as tags, as DogStatsD has them; else they become parts of the names. */
  readonly tagged: boolean
}

/** Reads `udp://HOST:PORT`, with `?tags=dogstatsd` for tags. Without a port it is 8125. @throws ConfigurationError */
export function parseStatsdUrl(url: string): StatsdLocation {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const others = [...(parsed?.searchParams.entries() ?? [])].filter(([name, value]) => name !== 'tags' || value !== 'dogstatsd')
  if (parsed?.protocol !== 'udp:' || parsed.hostname === '' || others.length > 0 || !['', '/'].includes(parsed.pathname)) {
    throw new ConfigurationError(`${JSON.stringify(url)} must be udp://HOST:PORT, with ?tags=dogstatsd for a server that knows tags`)
  }
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? 8125 : Number(parsed.port),
    tagged: parsed.searchParams.has('tags'),
  }
}
