import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { isReplica } from './failure.ts'
import type { RedisLocation } from './location.ts'

/** What we use of a client of the driver: of one server, or of a cluster, which sends each command to the server of its key. */
export interface RedisClient {
  readonly status: string
  connect(): Promise<void>
  disconnect(): void
  quit(): Promise<unknown>
  call(command: string, args: (string | number)[]): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'ready' | 'close' | 'end', listener: () => void): unknown
  off(event: 'ready' | 'close' | 'end', listener: () => void): unknown
}

/** A client, and those of all servers that have keys of their own. */
export interface RedisClients {
  readonly client: RedisClient
  masters(): readonly RedisClient[]
}

/** How long things may take, ms. */
export interface RedisTimes {
  /** Until there is a connection. */
  readonly connect: number
  /** Until there is an answer. */
  readonly answer: number
}

/** Between two attempts to connect; at most, so that a server that is back is noticed soon, ms. */
const LONGEST_PAUSE = 500

const pause = (attempt: number): number => Math.min(attempt * 50, LONGEST_PAUSE)

/** Makes clients that connect when told to. @throws ConfigurationError when the driver is not installed */
export async function createRedisClients(location: RedisLocation, times: RedisTimes): Promise<RedisClients> {
  const driver = await loadDriver()
  const { hosts, db, tls, username, password } = location
  const common = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    lazyConnect: true,
    protocol: 2 as const,
    connectTimeout: times.connect,
    commandTimeout: times.answer,
    socketTimeout: times.answer,
    // What was sent may have been done: it is never sent again, and whoever waits for its answer is told at once.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    reconnectOnError: isReplica,
  } satisfies RedisOptions
  if (location.cluster) {
    const cluster = new driver.Cluster([...hosts], {
      lazyConnect: true,
      redisOptions: common,
      clusterRetryStrategy: pause,
      retryDelayOnFailover: 0,
      slotsRefreshTimeout: times.connect,
      ...(tls ? { dnsLookup: (address, done) => done(null, address) } : {}),
    })
    return { client: cluster, masters: () => cluster.nodes('master') }
  }
  const client = new driver.Redis({ ...common, ...hosts[0], db, retryStrategy: pause, enableOfflineQueue: false })
  return { client, masters: () => [client] }
}

async function loadDriver(): Promise<{ readonly Cluster: typeof Cluster; readonly Redis: typeof Redis }> {
  try {
    return await import('ioredis')
  } catch (cause) {
    throw new ConfigurationError('Redis needs the package "ioredis": npm install ioredis', { cause })
  }
}
