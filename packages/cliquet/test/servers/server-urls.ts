import { ConfigurationError } from '../../src/errors/configuration-error.ts'

const urlFrom = (variable: string): string | undefined => process.env[variable] || undefined

/** Of an empty PostgreSQL database whose owner we are, if there is one; other tests use it at the same time. */
export const postgresUrl = urlFrom('CLIQUET_TEST_POSTGRESQL_URL')

/** Of a Redis, if there is one; other tests use it at the same time. */
export const redisUrl = urlFrom('CLIQUET_TEST_REDIS_URL')

/** Of a Redis cluster of three nodes, if there is one: `redis+cluster://HOST:PORT,HOST:PORT,HOST:PORT`. */
export const redisClusterUrl = urlFrom('CLIQUET_TEST_REDIS_CLUSTER_URL')

/** Of a Memcached, if there is one; other tests use it at the same time. */
export const memcachedUrl = urlFrom('CLIQUET_TEST_MEMCACHED_URL')

/** Of a PostgreSQL database with Citus. Only who has one sets it; no test run starts one. */
export const citusUrl = urlFrom('CLIQUET_TEST_CITUS_URL')

/** How each server is called in reasons, and whether every complete test run has it. */
const servers = {
  PostgreSQL: { variable: 'CLIQUET_TEST_POSTGRESQL_URL', isDemanded: true },
  Redis: { variable: 'CLIQUET_TEST_REDIS_URL', isDemanded: true },
  'Redis cluster': { variable: 'CLIQUET_TEST_REDIS_CLUSTER_URL', isDemanded: true },
  Memcached: { variable: 'CLIQUET_TEST_MEMCACHED_URL', isDemanded: true },
  Citus: { variable: 'CLIQUET_TEST_CITUS_URL', isDemanded: false },
} as const

/** What `skipWithout` can be asked about. */
export type ServerName = keyof typeof servers

/**
 * For the option `skip` of `node:test`: false if there is a server, else the reason.
 * @throws ConfigurationError with `CI=true`, where every server but Citus must be there
 */
export function skipWithout(url: string | undefined, name: ServerName): false | string {
  if (url !== undefined) return false
  const { variable, isDemanded } = servers[name]
  const reason = `no ${name}: ${isDemanded ? 'run it by `npm test`, which starts one, or set' : 'set'} ${variable}`
  if (isDemanded && process.env.CI === 'true') throw new ConfigurationError(reason)
  return reason
}
