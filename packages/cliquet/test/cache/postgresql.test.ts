import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPostgresCache } from '../../src/cache/postgresql/index.ts'
import { PostgresDatabase } from '../../src/drivers/postgresql/database.ts'
import { parsePostgresUrl } from '../../src/drivers/postgresql/location.ts'
import { BackendError } from '../../src/errors/backend-error.ts'
import { cacheConformance } from '../../src/testing/index.ts'
import { ownSchema, runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'

const url = ownSchema('cache')
const schema = new URL(url).searchParams.get('schema')

async function open(t: TestContext, prefix = '') {
  const cache = createPostgresCache({ url, prefix })
  t.after(() => cache.close())
  await cache.prepare()
  await cache.flush()
  return cache
}

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  cacheConformance('postgresql with a given clock', ({ clock, prefix }) => createPostgresCache({ url, clock, prefix }), {
    entries: async () => Number((await runSql(url, `select count(*) from "${schema}".cache where prefix='conformance:'`))[0]?.[0]),
  })
  cacheConformance("postgresql with the database's clock", ({ prefix }) => createPostgresCache({ url, prefix }), {
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    entries: async () => Number((await runSql(url, `select count(*) from "${schema}".cache where prefix='conformance:'`))[0]?.[0]),
  })

  it('C6: keys of any length and with any character are told apart', async (t) => {
    const cache = await open(t)
    const long = 'k'.repeat(255)
    const random = Array.from({ length: 5000 }, (_, i) => String.fromCodePoint(33 + ((i * i * 7) % 5000))).join('')
    const keys = [long, `${long}k`, `${long}l`, random, `${random}x`, 'nul\0', 'nul', '\ud800', '\udfff', '\ufffd', '\u0001', '\u0001a', '']
    for (const [i, key] of keys.entries()) await cache.set(key, i, 60_000)
    for (const [i, key] of keys.entries()) assert.equal(await cache.get(key), i)
  })

  it('C6: a key that looks like the hash of another is another', async (t) => {
    const cache = await open(t)
    await cache.set('k'.repeat(300), 'long', 60_000)
    const [[stored = ''] = []] = await runSql(url, `select key from "${schema}".cache where prefix=''`)
    assert.equal(await cache.get(stored), undefined)
  })

  it("C6 C7: a key can't reach into another prefix", async (t) => {
    const [a, ab] = [await open(t, 'a'), await open(t, 'ab')]
    await ab.set('c', 1, 60_000)
    for (const key of ['bc', 'b:c', 'b\u0001c', '']) assert.equal(await a.get(key), undefined)
    await a.flush()
    assert.equal(await ab.get('c'), 1)
  })

  it('C3 C12: of many processes exactly one adds and exactly one removes', async (t) => {
    const caches = [await open(t), await open(t), await open(t)]
    for (const round of [1, 2, 3, 4, 5]) {
      const key = `token${round}`
      const all = <T>(what: (cache: (typeof caches)[0]) => Promise<T>) => Promise.all([...caches, ...caches, ...caches].map(what))
      assert.equal((await all((cache) => cache.add(key, round, 60_000))).filter(Boolean).length, 1)
      assert.deepEqual(
        (await all((cache) => cache.remove(key))).filter((value) => value !== undefined),
        [round],
      )
    }
  })

  it('C9: an expired entry that another process holds does not keep the others', async (t) => {
    const cache = await open(t)
    await runSql(url, `insert into "${schema}".cache select '','gone'||n,'1',n from generate_series(1,30) n`)
    const database = new PostgresDatabase(parsePostgresUrl(url))
    t.after(() => database.close())
    const left = async () => Number((await runSql(url, `select count(*) from "${schema}".cache where key like 'gone%'`))[0]?.[0])
    await database.atomically(async (transaction) => {
      await transaction.query({ text: `select 1 from "${schema}".cache where key='gone1' for update` })
      for (let i = 0; i < 20; i += 1) await cache.set(`kept${i}`, 1, 60_000)
      for (let tries = 0; tries < 100 && (await left()) > 1; tries += 1) await sleep(20)
      assert.equal(await left(), 1)
    })
  })

  it('C10: a closed cache fails with BackendError', async () => {
    const cache = createPostgresCache({ url })
    await cache.prepare()
    await cache.close()
    await assert.rejects(cache.get('a'), BackendError)
    await assert.rejects(cache.set('a', 1, 1000), BackendError)
  })
})
