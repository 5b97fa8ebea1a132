import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProgram, redisProgram } from '../../../../scripts/servers/programs.ts'
import { ask } from '../../../../scripts/servers/question.ts'
import { type RedisCluster, startRedisCluster } from '../../../../scripts/servers/redis.ts'
import { BackendError } from '../../src/errors/backend-error.ts'
import { createRedisStorage } from '../../src/storage/redis/index.ts'
import { storageSuite } from '../../src/testing/storage-conformance.ts'
import { promisesNamed, prove } from '../../src/testing/suite.ts'

const skip = findProgram(redisProgram.names) === undefined ? 'no redis-server here' : false
/** Starts servers that were killed, and waits until they are a cluster again. */
async function restart(nodes: RedisCluster['nodes']): Promise<void> {
  await Promise.all(nodes.map((node) => node.restart()))
  for (const { port } of nodes) {
    for (let wait = 0; wait < 200 && !(await ask(port, 'CLUSTER INFO', '\r\n\r\n')).includes('cluster_state:ok'); wait += 1) await sleep(50)
  }
}

const pool = { timeout: 2000, statementTimeout: 2000 }

test('S30: a cluster that is killed and comes back', { skip, timeout: 120_000 }, async (t) => {
  const cluster = await startRedisCluster({ appendonly: true })
  t.after(() => cluster.stop())
  let prefix = 0
  const suite = storageSuite(
    'redis cluster',
    ({ clock }) => {
      prefix += 1
      return createRedisStorage({ url: `${cluster.url}?prefix=${prefix}`, clock, pool })
    },
    {
      break: async () => {
        await Promise.all(cluster.nodes.map((node) => node.kill()))
      },
      mend: () => restart(cluster.nodes),
    },
  )
  const { proven, failures } = await prove(suite, (title) => promisesNamed(title).includes('S30'))
  assert.deepEqual(failures, [])
  assert.ok(proven.includes('S30'))
})

test('S30: a cluster of which one server is gone fails with BackendErrors only, and works again when that is back', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const cluster = await startRedisCluster({ appendonly: true })
  t.after(() => cluster.stop())
  const storage = createRedisStorage({ url: cluster.url, pool })
  t.after(() => storage.close())
  await storage.prepare([])
  const collections = Array.from({ length: 20 }, (_, i) => ({ parentId: `parent${i}`, resource: 'article' }))
  const write = () =>
    Promise.allSettled(collections.map((collection) => storage.put(collection, { id: 'a', body: '{}', condition: { kind: 'none' } })))
  assert.ok((await write()).every(({ status }) => status === 'fulfilled'))
  const [lost] = cluster.nodes
  await lost?.kill()
  for (const result of await write()) assert.ok(result.status === 'fulfilled' || result.reason instanceof BackendError)
  await restart(lost ? [lost] : [])
  assert.ok(
    (await write()).every(({ status }) => status === 'fulfilled'),
    'all work again',
  )
})
