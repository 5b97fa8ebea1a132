import { describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createRedisCache } from '../../src/cache/redis/index.ts'
import { cacheConformance } from '../../src/testing/index.ts'
import { createTrialPrefixes, keysBeginning, openClient, trialServers } from '../drivers/redis/trial-server.ts'
import { skipWithout } from '../servers/server-urls.ts'

/** A database that no other test uses. */
const DATABASE = 8

for (const { name, server, url: given = '' } of trialServers) {
  const url = given.replace(/^(rediss?:\/\/[^/]*).*$/, `$1/${DATABASE}`)
  describe(name, { skip: skipWithout(url || undefined, server) }, () => {
    const own = createTrialPrefixes(url).fresh()
    const start = `${new URLSearchParams(own.split('?')[1]).get('prefix')}:`
    cacheConformance(name, ({ clock, prefix }) => createRedisCache({ url: own, clock, prefix }), {
      wait: async (ms) => {
        await sleep(ms)
      },
      async entries() {
        const client = openClient(url)
        // Only the size of a whole database counts what is expired and still there; a cluster has one, which others use, too.
        const entries = client instanceof Redis ? await client.dbsize() : (await keysBeginning(client, start)).length
        await client.quit()
        return entries
      },
    })
  })
}
