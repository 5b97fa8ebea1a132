import assert from 'node:assert/strict'
import { describe, mock, type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { parseObject } from '../../src/primitives/json.ts'
import type { Collection, Storage } from '../../src/storage/contract.ts'
import type { Query } from '../../src/storage/query.ts'
import { createRedisStorage } from '../../src/storage/redis/index.ts'
import { createTrialPrefixes, keysBeginning, openClient, trialServers } from '../drivers/redis/trial-server.ts'
import { redisUrl, skipWithout } from '../servers/server-urls.ts'

const articles: Collection = { parentId: 'alice', resource: 'article' }
const newestFirst: Query = { filters: [], sort: [{ field: 'last_modified', direction: 'descending' }], limit: 100 }
const byName: Query = { ...newestFirst, sort: [{ field: 'n', direction: 'ascending' }, ...newestFirst.sort] }
const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

const put = (storage: Storage, id: string, body = '{}', timestamp?: number) =>
  storage.put(articles, { id, body, condition: { kind: 'none' }, timestamp })

async function open(t: TestContext, url: string, uniqueFields: readonly string[] = []): Promise<Storage> {
  const storage = createRedisStorage({ url })
  t.after(() => storage.close())
  await storage.prepare([{ name: 'article', uniqueFields }])
  return storage
}

for (const { name, server, url: given } of trialServers) {
  describe(name, { skip: skipWithout(given, server) }, () => {
    const prefixes = createTrialPrefixes(given ?? '')

    test('S2: processes whose clocks differ take the time of Redis', async (t) => {
      const storage = await open(t, prefixes.fresh())
      const real = Date.now
      const stamps: number[] = []
      for (const offset of [0, 5000, -5000, 5000, 0]) {
        const clock = mock.method(Date, 'now', () => real() + offset)
        const outcome = await put(storage, 'a')
        clock.mock.restore()
        if (outcome.outcome === 'created' || outcome.outcome === 'replaced') stamps.push(outcome.record.timestamp)
      }
      const now = Date.now()
      assert.ok(
        stamps.every((stamp) => Math.abs(stamp - now) < 2500),
        `${stamps} should be near ${now}`,
      )
    })

    test('S2 S3: timestamps keep all their digits', async (t) => {
      const storage = await open(t, prefixes.fresh())
      const stamps = [0, 7, 1_234_567_890_123, 1_234_567_890_123_457, 9_007_199_254_740_000, 9_007_199_254_740_989]
      for (const stamp of stamps) await put(storage, `r${stamp}`, '{}', stamp)
      const next = await put(storage, 'next')
      assert.ok(next.outcome === 'created')
      assert.equal(next.record.timestamp, 9_007_199_254_740_990)
      const { json } = await storage.list(articles, newestFirst)
      const listed: readonly { last_modified: number }[] = JSON.parse(json)
      assert.deepEqual(
        listed.map((item) => item.last_modified),
        [...stamps, next.record.timestamp].reverse(),
      )
      const after = await storage.list(articles, { ...newestFirst, after: [9_007_199_254_740_989], limit: 1 })
      assert.deepEqual(after.next, [9_007_199_254_740_000])
    })

    test('S9 S18 S23: ten thousand records are listed, removed and purged, more than Lua takes at once', { timeout: 60_000 }, async (t) => {
      const storage = await open(t, prefixes.fresh(), ['n'])
      const ids = upTo(10_000).map((i) => `r${i}`)
      await Promise.all(ids.map((id, i) => put(storage, id, `{"n":${i}}`)))
      assert.equal((await storage.list(articles, { ...byName, limit: 20_000 })).length, 10_000)
      assert.equal((await storage.count(articles, [], ids)).total, 10_000)
      const removal = await storage.removeAll(articles, { ...byName, limit: 9000 })
      assert.ok(removal.outcome === 'removed')
      assert.deepEqual(
        removal.removed.map(({ tombstone }) => tombstone.id),
        ids.slice(0, 9000),
      )
      assert.equal((await put(storage, 'again', '{"n":9500}')).outcome, 'duplicate')
      assert.equal((await put(storage, 'again', '{"n":500}')).outcome, 'created', 'the values of removed records are free')
      const rest = await storage.removeAll(articles, { ...newestFirst, limit: 20_000 })
      assert.ok(rest.outcome === 'removed' && rest.removed.length === 1001)
      assert.equal(await storage.purge({ keep: 1 }), 10_000)
      assert.equal(await storage.purge({ parentId: 'alice' }), 1)
    })

    test('S9: a removal by a filter is done while others write, and takes what it says', async (t) => {
      const storage = await open(t, prefixes.fresh())
      await Promise.all(upTo(50).map((i) => put(storage, `r${i}`, `{"n":${i}}`)))
      const filters = [{ field: 'n', operator: 'min', value: 25 }] as const
      let removing = true
      async function write(): Promise<void> {
        for (let i = 0; removing; i += 1) {
          await put(storage, `w${i % 5}`, '{"n":-1}')
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
      }
      const writers = write()
      const outcome = await storage.removeAll(articles, { ...byName, filters }).finally(() => {
        removing = false
      })
      await writers
      assert.ok(outcome.outcome === 'removed')
      assert.deepEqual(
        outcome.removed.map(({ previous }) => parseObject(previous.body).n),
        upTo(25).map((i) => i + 25),
      )
    })

    test('S11 S26: what one process declares unique holds for those that still know other fields', async (t) => {
      const url = prefixes.fresh()
      const old = await open(t, url, ['a'])
      await put(old, 'first', '{"a":1,"b":1}')
      const renewed = await open(t, url, ['b'])
      assert.equal((await put(renewed, 'second', '{"a":1,"b":1}')).outcome, 'duplicate')
      assert.equal((await put(old, 'second', '{"a":2,"b":1}')).outcome, 'duplicate')
      assert.equal((await put(old, 'second', '{"a":1,"b":2}')).outcome, 'created', 'a is not unique any more')
      const late = await old.put({ ...articles, parentId: 'bob' }, { id: 'x', body: '{"b":1}', condition: { kind: 'none' } })
      assert.equal(late.outcome, 'created')
    })

    test('deployments with different prefixes never meet, and flushing or purging one leaves the other', async (t) => {
      const url = prefixes.fresh()
      const [one, other] = [await open(t, url), await open(t, `${url}:x`)]
      const tomb = { id: 'dead', condition: { kind: 'none' } } as const
      for (const [i, storage] of [one, other].entries()) {
        await put(storage, 'a', `{"i":${i}}`)
        await put(storage, 'dead')
        await storage.remove(articles, tomb)
      }
      assert.equal((await one.get(articles, 'a'))?.body, '{"i":0}')
      assert.equal(await one.purge({}), 1)
      await one.flush()
      assert.equal(await one.get(articles, 'a'), undefined)
      assert.equal((await other.get(articles, 'a'))?.body, '{"i":1}')
      assert.equal(await other.purge({}), 1)
    })

    test('S23 S24: nothing is left of what was flushed, or purged as a whole', async (t) => {
      const url = prefixes.fresh()
      const start = `${new URLSearchParams(url.split('?')[1]).get('prefix')}:`
      const storage = await open(t, url)
      const client = openClient(given ?? '')
      t.after(() => client.quit())
      const left = async () => (await keysBeginning(client, start)).filter((key) => !key.endsWith(':fields'))
      await put(storage, 'a', '{"n":1}')
      await storage.flush()
      assert.deepEqual(await left(), [])
      await put(storage, 'a', '{"n":1}')
      await storage.remove(articles, { id: 'a', condition: { kind: 'none' } })
      await storage.purge({ parentId: 'alice' })
      assert.deepEqual(await left(), [])
    })
  })
}

test('S18: reading, listing, polling and writing look up no more than they need', { skip: skipWithout(redisUrl, 'Redis') }, async (t) => {
  const prefixes = createTrialPrefixes(redisUrl ?? '')
  const url = prefixes.fresh()
  const prefix = new URLSearchParams(url.split('?')[1]).get('prefix') ?? ''
  const storage = await open(t, url)
  await Promise.all(upTo(500).map((i) => put(storage, `r${i}`, `{"n":${i}}`)))
  const client = openClient(redisUrl ?? '')
  assert.ok(client instanceof Redis)
  const monitor = await client.monitor()
  t.after(() => Promise.all([monitor.disconnect(), client.quit()]))
  const seen: string[][] = []
  monitor.on('monitor', (_time, args: string[]) => {
    if (args.some((arg) => arg.startsWith(`${prefix}:`))) seen.push(args)
  })
  await storage.get(articles, 'r1')
  const first = await storage.list(articles, { ...newestFirst, limit: 5 })
  await storage.list(articles, { ...newestFirst, limit: 5, after: first.next })
  await storage.list(articles, { ...newestFirst, filters: [{ field: 'last_modified', operator: 'gt', value: first.timestamp - 3 }] })
  await storage.count(articles, [])
  await put(storage, 'new', '{"n":1}')
  await storage.remove(articles, { id: 'r7', condition: { kind: 'none' } })
  await new Promise((resolve) => setTimeout(resolve, 100))
  const commands = seen.map(([command = '']) => command.toLowerCase())
  assert.ok(commands.includes('hget') && commands.includes('zadd'), 'the monitor sees what scripts do')
  for (const command of ['keys', 'scan', 'sscan', 'hscan', 'zscan', 'hgetall', 'hkeys', 'hvals', 'smembers'])
    assert.ok(!commands.includes(command), command)
  const lookups = seen.filter(([command = '', key = '']) => command.toLowerCase() === 'hmget' && key.endsWith(':records'))
  assert.deepEqual(
    lookups.map((args) => args.length - 2),
    [6, 6, 3],
    'one more than the page, which tells whether there is another',
  )
})
