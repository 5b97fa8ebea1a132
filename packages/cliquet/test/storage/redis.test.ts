import { after, before, describe } from 'node:test'
import { createConnections } from '../../src/drivers/connections.ts'
import { createRedisPermission } from '../../src/permission/redis/index.ts'
import type { Clock } from '../../src/primitives/clock.ts'
import type { Storage } from '../../src/storage/contract.ts'
import { createRedisStorage } from '../../src/storage/redis/index.ts'
import type { Gap, StorageConformanceOptions } from '../../src/testing/index.ts'
import { storageConformance } from '../../src/testing/index.ts'
import { createTrialPrefixes } from '../drivers/redis/trial-server.ts'
import { redisClusterUrl, redisUrl, skipWithout } from '../servers/server-urls.ts'
import { openTcpProxy, type TcpProxy } from '../servers/tcp-proxy.ts'

const noRollback: Gap = { promise: 'S32', why: 'Redis has no transaction that reads what it wrote and can be rolled back' }

/** Registers the suite; every test has a prefix of its own. `freshUrl` is first asked when the tests run. */
function conforms(name: string, freshUrl: () => string, options: StorageConformanceOptions): void {
  const urls = new WeakMap<Storage, string>()

  function open(url: string, clock: Clock): Storage {
    const storage = createRedisStorage({ url, clock })
    urls.set(storage, url)
    return storage
  }

  storageConformance(name, ({ clock }) => open(freshUrl(), clock), {
    reopen: (closed, { clock }) => open(urls.get(closed) ?? '', clock),
    openSecond: (first, { clock }) => open(urls.get(first) ?? '', clock),
    openPair({ clock }) {
      const pair = { url: freshUrl(), clock, connections: createConnections() }
      return { storage: createRedisStorage(pair), permission: createRedisPermission(pair) }
    },
    ...options,
  })
}

describe('redis', { skip: skipWithout(redisUrl, 'Redis') }, () => {
  const prefixes = createTrialPrefixes(redisUrl ?? '')
  let network: TcpProxy | undefined
  before(async () => {
    network = await openTcpProxy(redisUrl ?? '')
  })
  after(() => network?.close())
  conforms('redis', () => network?.url(prefixes.fresh()) ?? '', {
    gaps: [noRollback],
    break: () => network?.cut(),
    mend: () => network?.mend(),
  })
})

describe('redis cluster', { skip: skipWithout(redisClusterUrl, 'Redis cluster') }, () => {
  const prefixes = createTrialPrefixes(redisClusterUrl ?? '')
  const othersUseIt: Gap = { promise: 'S30', why: 'this cluster is used by others; redis-cluster-failure.test.ts kills one of its own' }
  conforms('redis cluster', prefixes.fresh, { gaps: [noRollback, othersUseIt] })
})
