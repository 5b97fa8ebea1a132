import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startMemcached } from '../../../../scripts/servers/memcached.ts'
import { findProgram } from '../../../../scripts/servers/programs.ts'
import { ask } from '../../../../scripts/servers/question.ts'
import type { Cache } from '../../src/cache/contract.ts'
import { createCache, createMemcachedCache, type MemcachedCacheOptions } from '../../src/cache/memcached/index.ts'
import { createKeyNames } from '../../src/cache/memcached/keys.ts'
import { createConnections } from '../../src/drivers/connections.ts'
import { parseMemcachedUrl } from '../../src/drivers/memcached/location.ts'
import { BackendError } from '../../src/errors/backend-error.ts'
import { cacheConformance } from '../../src/testing/index.ts'
import { memcachedUrl, skipWithout } from '../servers/server-urls.ts'
import { openTcpProxy } from '../servers/tcp-proxy.ts'

const skip = skipWithout(memcachedUrl, 'Memcached')
const skipOwn = findProgram(['memcached']) === undefined ? 'no memcached here that could be killed' : false
const url = memcachedUrl ?? 'memcached://127.0.0.1'
const long = 60_000

const prefixes = new WeakMap<Cache, string>()

/** How many values the server still holds to be valid; those whose time is over it drops by itself. */
async function countEntries(cache: Cache): Promise<number> {
  const [{ host, port } = { host: '', port: 0 }] = parseMemcachedUrl(url)
  const dump = await ask(port, 'lru_crawler metadump all', 'END\r\n', host)
  const { start, generation } = createKeyNames(prefixes.get(cache) ?? '')
  return dump.split('\n').filter((line) => line.startsWith(`key=${start}`) && !line.startsWith(`key=${generation} `)).length
}

if (skip) it('a Memcached is needed', { skip })
else {
  cacheConformance(
    'memcached',
    ({ prefix }) => {
      const cache = createMemcachedCache({ url, prefix })
      prefixes.set(cache, prefix)
      return cache
    },
    // The server goes by its own clock, so time must pass.
    { wait: async (ms) => void (await sleep(ms)), entries: countEntries },
  )
}

let opened = 0

/** A cache that no other test sees. */
function open(t: TestContext, options: Partial<MemcachedCacheOptions> = {}): Cache {
  const cache = createMemcachedCache({ url, prefix: `memcached.test:${process.pid}:${++opened}`, ...options })
  t.after(() => cache.close())
  return cache
}

describe('a cache in Memcached', { skip }, () => {
  it('C1 C4: keeps values for longer than the 30 days that the server takes for a duration', async (t) => {
    let now = Date.now()
    const cache = open(t, { clock: () => now })
    const day = 24 * 3600 * 1000
    for (const days of [29, 30, 31, 400, 40_000]) await cache.set(`${days}`, days, days * day)
    now += 29 * day - 1
    for (const days of [29, 30, 31, 400, 40_000]) assert.equal(await cache.get(`${days}`), days)
    assert.equal(await cache.ttl('29'), 1)
    now += day + 1
    assert.deepEqual([await cache.get('29'), await cache.get('30'), await cache.get('31')], [undefined, undefined, 31])
  })

  it('C1 C6: keys of any length and characters, lone surrogates too', async (t) => {
    const cache = open(t)
    const keys = ['k'.repeat(100_000), `${'k'.repeat(100_000)}!`, '\ud800', '\ud801', '\ufffd', 'a\0b', 'a\nb', ' ']
    for (const [i, key] of keys.entries()) await cache.set(key, i, long)
    for (const [i, key] of keys.entries()) assert.equal(await cache.get(key), i)
  })

  it('a value that is too large for the server is refused with the reason, and the next call works', async (t) => {
    const cache = open(t)
    await cache.set('fits', 'é'.repeat(500_000), long)
    assert.equal(await cache.get('fits'), 'é'.repeat(500_000))
    await assert.rejects(cache.set('large', 'x'.repeat(1_100_000), long), (error) => {
      return error instanceof BackendError && /^Memcached .*: the value is larger than the server keeps \(1 MB/.test(error.message)
    })
    await assert.rejects(cache.add('large', 'x'.repeat(1_100_000), long), BackendError)
    assert.equal(await cache.get('large'), undefined)
    await cache.set('large', 1, long)
    assert.equal(await cache.get('large'), 1)
  })

  it('C3 C5: what is removed while others give it new times is got once, and not revived', async (t) => {
    const [cache, other] = [open(t, { prefix: 'contended:' }), open(t, { prefix: 'contended:' })]
    for (let round = 0; round < 10; round += 1) {
      await cache.set('token', round, long)
      const extended = Array.from({ length: 10 }, () => other.expire('token', long))
      const removed = await Promise.all([cache, other, cache, other].map((each) => each.remove('token')))
      await Promise.all(extended)
      assert.deepEqual(
        removed.filter((value) => value !== undefined),
        [round],
      )
      assert.equal(await cache.get('token'), undefined)
    }
  })

  it('C8: a check leaves nothing, and says no when the server is not there', async (t) => {
    const cache = open(t)
    assert.equal(await cache.check({ readonly: false }), true)
    prefixes.set(cache, `memcached.test:${process.pid}:${opened}`)
    assert.equal(await countEntries(cache), 0)
    const nowhere = open(t, { url: 'memcached://127.0.0.1:1' })
    assert.deepEqual([await nowhere.check({ readonly: false }), await nowhere.check({ readonly: true })], [false, false])
    await assert.rejects(nowhere.prepare(), BackendError)
  })

  it('C10: a closed cache refuses to work, and what was asked before is answered', async (t) => {
    const cache = open(t)
    await cache.set('a', 1, long)
    const asked = cache.get('a')
    await sleep(1)
    await cache.close()
    assert.equal(await asked, 1)
    await assert.rejects(cache.get('a'), BackendError)
    assert.equal(await cache.check({ readonly: true }), false)
  })

  it('a server that says nothing fails a call in bounded time, and works again when it speaks', async (t) => {
    const proxy = await openTcpProxy(url)
    t.after(() => proxy.close())
    const cache = open(t, { url: proxy.url(url), pool: { statementTimeout: 300 } })
    await cache.set('a', 'x'.repeat(200_000), long)
    proxy.stall()
    const started = performance.now()
    await assert.rejects(cache.get('a'), /^BackendError: Memcached 127\.0\.0\.1:\d+: no answer within 300 ms$/)
    await assert.rejects(cache.set('b', 1, long), BackendError)
    assert.ok(performance.now() - started < 5000)
    await proxy.mend()
    assert.equal(await cache.get('a'), 'x'.repeat(200_000))
  })

  it('a connection that is cut in the middle of an answer fails those who wait, and the next call gets its own answer', async (t) => {
    const proxy = await openTcpProxy(url)
    t.after(() => proxy.close())
    const cache = open(t, { url: proxy.url(url) })
    await cache.set('large', 'x'.repeat(900_000), long)
    await cache.set('small', 'small', long)
    for (let round = 0; round < 5; round += 1) {
      const asked = Promise.allSettled(Array.from({ length: 20 }, () => cache.get('large')))
      await sleep(round)
      await proxy.cut()
      for (const outcome of await asked) {
        if (outcome.status === 'fulfilled') assert.equal(String(outcome.value).length, 900_000)
        else assert.ok(outcome.reason instanceof BackendError)
      }
      await assert.rejects(cache.get('small'), BackendError)
      await proxy.mend()
      assert.equal(await cache.get('small'), 'small')
    }
  })
})

describe('caches in a Memcached of their own', { skip: skipOwn }, () => {
  it('a server that was killed is used again when it is back', async (t) => {
    const server = await startMemcached()
    t.after(() => server.stop())
    const cache = createMemcachedCache({ url: server.url })
    t.after(() => cache.close())
    await cache.set('a', 1, long)
    await server.kill()
    await assert.rejects(cache.get('a'), BackendError)
    await server.restart()
    assert.equal(await cache.get('a'), undefined)
    assert.equal(await cache.add('a', 2, long), true)
    assert.equal(await cache.remove('a'), 2)
  })

  it('C7: several servers share the keys, are flushed together, and one that is gone concerns its own keys only', async (t) => {
    const servers = await Promise.all([startMemcached(), startMemcached()])
    t.after(() => Promise.all(servers.map((server) => server.stop())))
    const hosts = servers.map(({ port }) => `127.0.0.1:${port}`).join(',')
    const cache = createCache({ url: `memcached://${hosts}`, clock: Date.now, connections: createConnections() })
    t.after(() => cache.close())
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
    const read = () => Promise.all(keys.map((key) => cache.get(key).catch((error: unknown) => error instanceof BackendError && 'lost')))
    await Promise.all(keys.map((key) => cache.set(key, key, long)))
    assert.deepEqual(await read(), keys)
    await cache.flush()
    assert.deepEqual(new Set(await read()), new Set([undefined]))
    await Promise.all(keys.map((key) => cache.set(key, key, long)))
    await servers[0]?.kill()
    const left = await read()
    assert.ok(left.includes('lost') && left.some((value, i) => value === keys[i]))
    assert.deepEqual(new Set(left.filter((value, i) => value !== keys[i])), new Set(['lost']))
  })

  it('what the server has dropped to make room is unknown, and nothing flushed comes back when the generation is dropped', async (t) => {
    const server = await startMemcached()
    t.after(() => server.stop())
    const cache = createMemcachedCache({ url: server.url, prefix: 'p' })
    t.after(() => cache.close())
    await cache.set('flushed', 1, long)
    await cache.flush()
    assert.equal(await ask(server.port, `delete ${createKeyNames('p').generation}`), 'DELETED\r\n')
    assert.equal(await cache.get('flushed'), undefined)
    assert.equal(await cache.add('flushed', 2, long), true)
    assert.equal(await cache.get('flushed'), 2)
  })
})

it('a server that hangs up instead of answering fails a call at once, not only when the time is over', async (t) => {
  const server = createServer((socket) => socket.once('data', () => socket.end()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo // it listens on a port
  const cache = createMemcachedCache({ url: `memcached://127.0.0.1:${port}`, pool: { statementTimeout: 60_000 } })
  t.after(() => cache.close())
  await assert.rejects(cache.get('a'), /^BackendError: Memcached 127\.0\.0\.1:\d+: the server has closed the connection$/)
})

it('a URL that is none is refused', () => {
  for (const bad of [
    'redis://h',
    'memcached://',
    'memcached://h:0',
    'memcached://h:99999',
    'memcached://a,,b',
    'memcached://h/db',
    'h:11211',
  ]) {
    assert.throws(() => createMemcachedCache({ url: bad }), /^ConfigurationError: this is no URL of a Memcached: expected memcached:/)
  }
  assert.throws(
    () => createMemcachedCache({ url: 'memcached://me:secret@h' }),
    (error) => !String(error).includes('secret'),
  )
  assert.deepEqual(parseMemcachedUrl('memcached://a,[::1]:5,127.0.0.1:6/'), [
    { host: 'a', port: 11_211 },
    { host: '::1', port: 5 },
    { host: '127.0.0.1', port: 6 },
  ])
})

it('without the driver a call says what to install, and importing the backend does not need it', () => {
  const module = JSON.stringify(join(import.meta.dirname, '../../src/cache/memcached/index.ts'))
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) { if (name === 'memjs') throw new RangeError('not installed'); return next(name, context) } })
    const { createMemcachedCache } = await import(${module})
    const cache = createMemcachedCache({ url: 'memcached://127.0.0.1:1' })
    await cache.prepare().catch((error) => console.log(String(error)))
    await cache.close()`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 30_000 })
  assert.equal(stdout, 'ConfigurationError: Memcached needs the package "memjs": npm install memjs\n')
})
