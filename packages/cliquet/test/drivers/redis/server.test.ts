import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { createConnections } from '../../../src/drivers/connections.ts'
import { encoded, leaseRedisDatabase, literal } from '../../../src/drivers/redis/database.ts'
import { defineScript } from '../../../src/drivers/redis/script.ts'
import { BackendError } from '../../../src/errors/backend-error.ts'
import { redisUrl, skipWithout } from '../../servers/server-urls.ts'
import { openTcpProxy } from '../../servers/tcp-proxy.ts'
import { createTrialPrefixes, openClient, trialServers } from './trial-server.ts'

const add = defineScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")

for (const { name, server, url: given } of trialServers) {
  describe(name, { skip: skipWithout(given, server) }, () => {
    const prefixes = createTrialPrefixes(given ?? '')

    test('a script is known to the server after its first run, and sent again when the server has forgotten it', async (t) => {
      const { value: database, release } = leaseRedisDatabase({ url: prefixes.fresh() })
      t.after(release)
      const key = `${database.keysOf('parent', 'p')}n`
      assert.equal(await database.run(add, [key], [2]), 2)
      assert.equal(await database.run(add, [key], [2]), 4)
      const client = openClient(given ?? '')
      await client.script('FLUSH')
      await client.quit()
      assert.deepEqual(await Promise.all([1, 1, 1].map((n) => database.run(add, [key], [n]))), [5, 6, 7])
    })

    test('what the server refuses is a BackendError, and the next call works', async (t) => {
      const { value: database, release } = leaseRedisDatabase({ url: prefixes.fresh() })
      t.after(release)
      const key = `${database.keysOf('parent', 'p')}text`
      await database.call('set', [key, 'text'])
      await assert.rejects(database.run(add, [key], [1]), BackendError)
      assert.equal(await database.call('get', [key]), 'text')
    })

    test('keys of one parent are on one server, and no key of one owner or prefix begins as those of another', async () => {
      const { value: one } = leaseRedisDatabase({ url: `${given}?prefix=a` })
      const { value: other } = leaseRedisDatabase({ url: `${given}?prefix=a:{=}:` })
      const starts = [one, other].flatMap((database) =>
        ['', 'p', 'p}', 'p:', '{p', '=', 'P'].flatMap((owner) => [database.keysOf('parent', owner), database.keysOf('user', owner)]),
      )
      for (const start of starts)
        assert.deepEqual(
          starts.filter((key) => key.startsWith(start)),
          [start],
        )
      assert.match(one.keysOf('parent', 'p}{q'), /^a:\{=p%7D%7Bq\}:$/)
    })
  })
}

describe('a server that is lost', { skip: skipWithout(redisUrl, 'Redis') }, () => {
  const prefixes = createTrialPrefixes(redisUrl ?? '')

  async function open(t: TestContext) {
    const network = await openTcpProxy(redisUrl ?? '')
    const { value: database, release } = leaseRedisDatabase({
      url: network.url(prefixes.fresh()),
      pool: { timeout: 300, statementTimeout: 300 },
    })
    t.after(async () => {
      await release()
      await network.close()
    })
    return { network, database, key: `${database.keysOf('parent', 'p')}n` }
  }

  test('S30: a network that swallows everything fails calls in bounded time, and the next one works when it is back', async (t) => {
    const { network, database, key } = await open(t)
    await database.call('set', [key, '1'])
    network.stall()
    for (const result of await Promise.allSettled([1, 2, 3].map(() => database.call('get', [key])))) {
      assert.ok(result.status === 'rejected' && result.reason instanceof BackendError)
    }
    await assert.rejects(database.call('get', [key]), BackendError)
    await network.mend()
    assert.equal(await database.call('get', [key]), '1')
  })

  test('S30: a write that failed as there was no connection is not done later', async (t) => {
    const { network, database, key } = await open(t)
    await database.call('set', [key, '1'])
    await network.cut()
    for (const _ of [1, 2, 3]) await assert.rejects(database.call('set', [key, '2']), BackendError)
    await network.mend()
    assert.equal(await database.call('get', [key]), '1')
  })

  test('after closing, calls fail, and nothing is left open', async (t) => {
    const { network, database } = await open(t)
    const connections = createConnections()
    const lease = leaseRedisDatabase({ url: network.url(prefixes.fresh()), connections })
    const second = leaseRedisDatabase({ url: network.url(prefixes.fresh()), connections })
    assert.notEqual(lease.value, second.value, 'another prefix is another database')
    await Promise.all([database, lease.value, second.value].map((each) => each.call('ping', [])))
    assert.equal(network.connections, 2, 'on one connection')
    await lease.release()
    await lease.release()
    assert.equal(await second.value.call('ping', []), 'PONG')
    await second.release()
    await assert.rejects(second.value.call('ping', []), BackendError)
    for (let wait = 0; wait < 40 && network.connections > 1; wait += 1) await new Promise((resolve) => setTimeout(resolve, 25))
    assert.equal(network.connections, 1)
  })

  test('a server that is not there fails the first call with the reason', async (t) => {
    const { network, database } = await open(t)
    await network.cut()
    await assert.rejects(database.call('ping', []), (error) => error instanceof BackendError && /ECONNREFUSED/.test(String(error.cause)))
    assert.equal(await database.check({ readonly: true }), false)
  })
})

test('texts in keys and patterns are only themselves', () => {
  assert.equal(encoded('a:{b}'), 'a%3A%7Bb%7D')
  assert.equal(literal('a*[b]?\\'), 'a\\*\\[b\\]\\?\\\\')
})
