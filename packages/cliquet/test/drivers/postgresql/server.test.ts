import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LocalServer } from '../../../../../scripts/servers/local-server.ts'
import { startPostgres } from '../../../../../scripts/servers/postgresql.ts'
import { createPostgresCache } from '../../../src/cache/postgresql/index.ts'
import { createConnections } from '../../../src/drivers/connections.ts'
import { BackendError } from '../../../src/errors/backend-error.ts'
import { ConfigurationError } from '../../../src/errors/configuration-error.ts'
import { createPostgresPermission } from '../../../src/permission/postgresql/index.ts'
import { createPostgresStorage } from '../../../src/storage/postgresql/index.ts'
import { runSql } from '../../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../../servers/server-urls.ts'
import { firstValue, openDatabase } from './opened-database.ts'

/** Opens all backends on one pool, prepares them, and writes and reads something with each. */
async function useBackends(url: string): Promise<void> {
  const options = { url, connections: createConnections() }
  const [storage, permission, cache] = [createPostgresStorage(options), createPostgresPermission(options), createPostgresCache(options)]
  try {
    await storage.prepare([{ name: 'article', uniqueFields: ['url'], indexes: [] }])
    await permission.prepare()
    await cache.prepare()
    const articles = { parentId: '', resource: 'article' }
    const object = { parentId: '', uri: '/articles/a' }
    const join = [permission.replaceWork(object, { read: ['ann'] }, {})]
    await storage.put(articles, { id: 'a', body: '{"url":"u"}', condition: { kind: 'none' }, join })
    assert.equal((await storage.get(articles, 'a'))?.body, '{"url":"u"}')
    assert.deepEqual(await permission.permissionsOf(object), { read: ['ann'] })
    await cache.set('a', 1, 60_000)
    assert.equal(await cache.get('a'), 1)
    assert.deepEqual(await Promise.all([storage, permission, cache].map((one) => one.check({ readonly: false }))), [true, true, true])
  } finally {
    await Promise.all([storage.close(), permission.close(), cache.close()])
  }
}

describe('a PostgreSQL of its own', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  let server: LocalServer | undefined
  before(async () => {
    server = await startPostgres({ fsync: false })
  })
  after(() => server?.stop())
  const url = (schema: string, user = 'cliquet'): string => {
    const own = new URL(server?.url ?? '')
    own.username = user
    own.searchParams.set('schema', schema)
    return own.href
  }

  it('S30: a server that is killed fails calls with BackendError, and is used again when it is back', { timeout: 60_000 }, async (t) => {
    const database = openDatabase(t, url('killed'), { size: 3, statementTimeout: 2000 })
    await Promise.all([1, 2, 3].map(() => firstValue(database, 'select 1 from pg_sleep(0.02)')))
    const transaction = await database.begin()
    const running = assert.rejects(firstValue(database, 'select pg_sleep(2)'), BackendError)
    await sleep(50)
    await server?.kill()
    await running
    await assert.rejects(firstValue(transaction, 'select 1'), BackendError)
    await assert.rejects(firstValue(database, 'select 1'), BackendError)
    assert.equal(await database.check({ readonly: true }), false)
    await server?.restart()
    assert.equal(await firstValue(database, 'select 1'), '1')
  })

  it('S30: a server that is restarted in good order is used again, without an error for those who call later', {
    timeout: 60_000,
  }, async (t) => {
    const database = openDatabase(t, url('restarted'))
    await Promise.all([1, 2, 3].map(() => firstValue(database, 'select 1 from pg_sleep(0.02)')))
    await server?.restart()
    assert.deepEqual(await Promise.all([1, 2, 3, 4].map(() => firstValue(database, 'select 1'))), ['1', '1', '1', '1'])
  })

  it('a user who may not create schemas can use one that is there', async (t) => {
    await runSql(url('any'), 'create role limited login', 'create schema given authorization limited')
    await useBackends(url('given', 'limited'))
    await assert.rejects(
      useBackends(url('other', 'limited')),
      (error) => error instanceof ConfigurationError && /its user may not change them: run "cliquet migrate"/.test(error.message),
    )
    const database = openDatabase(t, url('given', 'limited'))
    assert.equal(await firstValue(database, "select value from given.meta where key='cache schema'"), '1')
  })

  it('a schema may have any name', async () => {
    for (const name of ['Odd "name"', "it's", 'a.b', '50%', 'select', 'é😀', 'back\\slash', 'public']) await useBackends(url(name))
  })

  it('it does not matter which schema comes first for others', async () => {
    await runSql(url('any'), 'create schema decoy', 'create table decoy.records(x int)', 'create table decoy.permissions(x int)')
    await runSql(url('any'), 'alter role cliquet set search_path=decoy')
    await useBackends(url('placed'))
    await runSql(url('any'), 'alter role cliquet reset search_path')
  })

  it('what settings of the database say is not in the way', { timeout: 60_000 }, async () => {
    for (const setting of [
      "default_transaction_isolation='serializable'",
      'standard_conforming_strings=off',
      "datestyle='German'",
      "timezone='Asia/Tokyo'",
    ]) {
      const [name = ''] = setting.split('=')
      await runSql(url('any'), `alter role cliquet set ${setting}`)
      await useBackends(url(`with ${name}`))
      await runSql(url('any'), `alter role cliquet reset ${name}`)
    }
  })
})
