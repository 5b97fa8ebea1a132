import { after } from 'node:test'
import { Cluster, Redis } from 'ioredis'
import { parseRedisUrl } from '../../../src/drivers/redis/location.ts'
import { redisClusterUrl, redisUrl, type ServerName } from '../../servers/server-urls.ts'

/** The servers under test. */
export const trialServers: readonly { readonly name: string; readonly server: ServerName; readonly url: string | undefined }[] = [
  { name: 'redis', server: 'Redis', url: redisUrl },
  { name: 'redis cluster', server: 'Redis cluster', url: redisClusterUrl },
]

/** Prefixes of a test file on a server that other files use at the same time. */
export interface TrialPrefixes {
  /** The URL with a prefix that nobody has yet. */
  fresh(): string
}

let files = 0

/** Makes prefixes that are removed with all their keys after the tests of this file. */
export function createTrialPrefixes(url: string): TrialPrefixes {
  files += 1
  const start = `test-${process.pid}-${files}-`
  let made = 0
  after(async () => {
    const client = openClient(url)
    for (const key of await keysBeginning(client, start)) await client.unlink(key)
    await client.quit()
  })
  return {
    fresh() {
      made += 1
      return `${url}?prefix=${start}${made}`
    },
  }
}

/** A client of the tests' own. */
export function openClient(url: string): Redis | Cluster {
  const { hosts, cluster, db } = parseRedisUrl(url)
  return cluster ? new Cluster([...hosts]) : new Redis({ ...hosts[0], db })
}

/** All keys of a server or cluster that begin so. */
export async function keysBeginning(client: Redis | Cluster, start: string): Promise<readonly string[]> {
  const nodes = client instanceof Cluster ? await mastersOf(client) : [client]
  const found = await Promise.all(nodes.map((node) => node.keys(`${start}*`)))
  return found.flat()
}

async function mastersOf(cluster: Cluster): Promise<readonly Redis[]> {
  if (cluster.status !== 'ready') await new Promise((resolve) => cluster.once('ready', resolve))
  return cluster.nodes('master')
}
