import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresDatabase } from '../../../src/drivers/postgresql/database.ts'
import { BackendError } from '../../../src/errors/backend-error.ts'
import { runSql } from '../../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../../servers/server-urls.ts'
import { openTcpProxy } from '../../servers/tcp-proxy.ts'
import { firstValue, openDatabase, processOf } from './opened-database.ts'

const url = postgresUrl ?? ''

/** Ends one of the server's processes, and waits until it is gone. */
async function terminate(pid: number): Promise<void> {
  await runSql(url, `select pg_terminate_backend(${pid}, 5000)`)
  await sleep(50)
}

/** Calls that need a connection, each in another way. */
const calls: readonly [name: string, call: (database: PostgresDatabase) => Promise<unknown>][] = [
  ['a statement', (database) => firstValue(database, 'select 1')],
  ['a transaction', (database) => database.atomically((session) => firstValue(session, 'select 1'))],
  ['a check', async (database) => assert.equal(await database.check({ readonly: true }), true)],
]

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  it('S30: an idle connection that the server has closed is not used again', async (t) => {
    const database = openDatabase(t, url, { size: 1 })
    const before = await processOf(database)
    await terminate(before)
    assert.notEqual(await processOf(database), before)
  })

  it('S30: a statement whose connection is lost fails, and the next one has another', async (t) => {
    const database = openDatabase(t, url, { size: 1 })
    const before = await processOf(database)
    const running = assert.rejects(firstValue(database, 'select pg_sleep(5)'), BackendError)
    await sleep(50)
    await terminate(before)
    await running
    assert.notEqual(await processOf(database), before)
  })

  it('S30 S32: a transaction whose connection is lost between statements fails, and nothing else does', async (t) => {
    const database = openDatabase(t, url, { size: 1 })
    const transaction = await database.begin()
    await terminate(await processOf(transaction))
    await assert.rejects(firstValue(transaction, 'select 1'), BackendError)
    await assert.rejects(transaction.commit(), BackendError)
    await transaction.rollback()
    assert.ok(await processOf(database))
    const another = await database.begin()
    await terminate(await processOf(another))
    await assert.rejects(another.commit(), BackendError)
    assert.ok(await processOf(database))
  })

  for (const [name, call] of calls.slice(0, 2)) {
    it(`S30: a network that swallows everything fails ${name} in time, and is used again when it is back`, {
      timeout: 30_000,
    }, async (t) => {
      const proxy = await openTcpProxy(url)
      t.after(() => proxy.close())
      const database = openDatabase(t, proxy.url(url), { size: 2, timeout: 300, statementTimeout: 300 })
      await call(database)
      proxy.stall()
      const begun = performance.now()
      await assert.rejects(call(database), BackendError)
      const took = performance.now() - begun
      assert.ok(took < 300 + 1000 + 700, `an open connection failed after ${took} ms`)
      const again = performance.now()
      await assert.rejects(call(database), BackendError)
      assert.ok(performance.now() - again < 300 + 700, 'a new one is given up sooner')
      await proxy.mend()
      await call(database)
    })
  }

  it('S30: a connection that was given up is not used again, even if its answer still comes', async (t) => {
    const proxy = await openTcpProxy(url)
    t.after(() => proxy.close())
    const database = openDatabase(t, proxy.url(url), { size: 1, timeout: 500, statementTimeout: 100 })
    const before = await processOf(database)
    proxy.stall()
    await assert.rejects(firstValue(database, "select 'late'"), BackendError)
    await proxy.mend()
    const after = await processOf(database)
    assert.notEqual(after, before)
  })

  it('S30: of a transaction in a network that swallows everything each call fails, the later ones at once', async (t) => {
    const proxy = await openTcpProxy(url)
    t.after(() => proxy.close())
    const database = openDatabase(t, proxy.url(url), { size: 1, statementTimeout: 200 })
    const transaction = await database.begin()
    await firstValue(transaction, 'select 1')
    proxy.stall()
    const begun = performance.now()
    const settled = await Promise.allSettled([
      firstValue(transaction, 'select 2'),
      firstValue(transaction, 'select 3'),
      transaction.commit(),
    ])
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    )
    await transaction.rollback()
    assert.ok(performance.now() - begun < 200 + 1000 + 700, 'one time-out, not one for each')
  })

  it('S30: a network that is cut fails at once, and is used again when it is back', async (t) => {
    const proxy = await openTcpProxy(url)
    t.after(() => proxy.close())
    const database = openDatabase(t, proxy.url(url), { size: 4 })
    await Promise.all([1, 2, 3].map(() => firstValue(database, 'select 1 from pg_sleep(0.02)')))
    const running = assert.rejects(firstValue(database, 'select pg_sleep(5)'), BackendError)
    await sleep(50)
    const begun = performance.now()
    await proxy.cut()
    await running
    await assert.rejects(firstValue(database, 'select 1'), BackendError)
    assert.equal(await database.check({ readonly: true }), false)
    assert.ok(performance.now() - begun < 1000)
    await proxy.mend()
    assert.equal(await firstValue(database, 'select 1'), '1')
  })

  it('close waits for a statement in a network that swallows everything as long as the statement does', { timeout: 20_000 }, async (t) => {
    const proxy = await openTcpProxy(url)
    t.after(() => proxy.close())
    const database = openDatabase(t, proxy.url(url), { size: 1, statementTimeout: 200 })
    await firstValue(database, 'select 1')
    proxy.stall()
    const running = assert.rejects(firstValue(database, 'select 1'), BackendError)
    await sleep(20)
    const begun = performance.now()
    await database.close()
    await running
    assert.ok(performance.now() - begun < 200 + 1000 + 700)
  })
})
