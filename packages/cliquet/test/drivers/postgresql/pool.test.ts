import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BackendError } from '../../../src/errors/backend-error.ts'
import { postgresUrl, skipWithout } from '../../servers/server-urls.ts'
import { firstValue, openDatabase, processOf } from './opened-database.ts'

const url = postgresUrl ?? ''
const numbers = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

/** What became of calls that were made at once. */
async function outcomes(calls: readonly Promise<unknown>[]) {
  const settled = await Promise.allSettled(calls)
  for (const result of settled) assert.ok(result.status === 'fulfilled' || result.reason instanceof BackendError)
  return { done: settled.filter(({ status }) => status === 'fulfilled').length, all: settled }
}

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  it('no more connections are used than allowed, and all calls are served', async (t) => {
    const database = openDatabase(t, url, { size: 3 })
    const processes = await Promise.all(numbers(30).map(() => firstValue(database, 'select pg_backend_pid() from pg_sleep(0.02)')))
    assert.equal(new Set(processes).size, 3)
  })

  it('S30: a call that waits too long for a connection is a BackendError', async (t) => {
    const database = openDatabase(t, url, { size: 1, timeout: 200 })
    const first = firstValue(database, 'select 1 from pg_sleep(1)')
    const begun = performance.now()
    await assert.rejects(firstValue(database, 'select 2'), BackendError)
    assert.ok(performance.now() - begun < 900, 'it did not wait for the first')
    assert.equal(await first, '1')
    assert.equal(await firstValue(database, 'select 3'), '3')
  })

  it('S30: when too many wait already, a call fails at once', async (t) => {
    const database = openDatabase(t, url, { size: 2, backlog: 3 })
    const call = () => firstValue(database, 'select 1 from pg_sleep(0.05)')
    assert.equal((await outcomes(numbers(12).map(call))).done, 5, 'two are served and three wait, while none is open')
    assert.equal((await outcomes(numbers(12).map(call))).done, 5, 'and when connections are idle')
    const running = numbers(5).map(call)
    await new Promise((resolve) => setTimeout(resolve, 10))
    const begun = performance.now()
    await assert.rejects(call(), (error) => error instanceof BackendError && /3 calls wait/.test(error.message))
    assert.ok(performance.now() - begun < 40)
    await Promise.all(running)
    const none = openDatabase(t, url, { size: 2, backlog: 0 })
    assert.equal((await outcomes(numbers(6).map(() => firstValue(none, 'select 1 from pg_sleep(0.05)')))).done, 2)
    const any = openDatabase(t, url, { size: 2, backlog: -1 })
    assert.equal((await outcomes(numbers(1500).map(() => firstValue(any, 'select 1')))).done, 1500)
  })

  it('how the connections are used is known', async (t) => {
    const database = openDatabase(t, url, { size: 2 })
    assert.deepEqual(database.usage(), { size: 2, busy: 0, waiting: 0 })
    await firstValue(database, 'select 1')
    const running = numbers(5).map(() => firstValue(database, 'select 1 from pg_sleep(0.2)'))
    await new Promise((resolve) => setTimeout(resolve, 10))
    assert.deepEqual(database.usage(), { size: 2, busy: 2, waiting: 3 })
    await Promise.all(running)
    assert.deepEqual(database.usage(), { size: 2, busy: 0, waiting: 0 })
  })

  it('how long a call would have to wait is known from those that wait, and is nothing where few do', async (t) => {
    const database = openDatabase(t, url, { size: 2, backlog: 300 })
    assert.equal(database.expectedWait(), 0)
    const call = (seconds: number) => firstValue(database, `select 1 from pg_sleep(${seconds})`)
    const measured = async (): Promise<number> => {
      const calls = numbers(122).map(() => call(0.004))
      await new Promise((resolve) => setTimeout(resolve, 2))
      const wait = database.expectedWait()
      await Promise.all(calls)
      assert.equal(database.expectedWait(), 0)
      return wait
    }
    await measured()
    const usual = await measured()
    assert.ok(usual > 100, `${usual} ms for 120 calls of 4 ms on two connections`)
    await call(2)
    assert.ok((await measured()) < 1.5 * usual + 50, 'one that took long is none of them')
    const many = numbers(170).map(() => call(0.001))
    await new Promise((resolve) => setTimeout(resolve, 2))
    assert.equal(database.expectedWait(), Number.POSITIVE_INFINITY)
    await Promise.all(many)
  })

  it('S30: a statement that takes too long is ended by the server, and its connection used again', async (t) => {
    const database = openDatabase(t, url, { size: 1, statementTimeout: 200 })
    const before = await processOf(database)
    const begun = performance.now()
    await assert.rejects(
      firstValue(database, 'select pg_sleep(5)'),
      (error) => error instanceof BackendError && /57014/.test(error.message),
    )
    assert.ok(performance.now() - begun < 1100)
    assert.equal(await processOf(database), before)
  })

  it('an error in a statement does not cost the connection', async (t) => {
    const database = openDatabase(t, url, { size: 1 })
    const before = await processOf(database)
    for (const text of ['select 1/0', 'select nothing', 'selec', "select 'x'::int", 'select * from nowhere']) {
      await assert.rejects(database.query({ text }), BackendError)
      await assert.rejects(database.query({ text, name: text }), BackendError)
      await assert.rejects(
        database.atomically((transaction) => transaction.query({ text })),
        BackendError,
      )
    }
    assert.equal(await processOf(database), before)
  })

  it('S30: a server that refuses is a BackendError which names it without password', async (t) => {
    const nowhere = openDatabase(t, 'postgresql://ann:s3cret@127.0.0.1:1/app')
    await assert.rejects(
      firstValue(nowhere, 'select 1'),
      (error) => error instanceof BackendError && !/s3cret/.test(error.message + error.stack),
    )
    const missing = new URL(url)
    missing.pathname = '/missing'
    await assert.rejects(
      firstValue(openDatabase(t, missing.href), 'select 1'),
      (error) => error instanceof BackendError && /3D000/.test(error.message),
    )
  })

  it('close waits for what runs, and refuses what comes later', async (t) => {
    const database = openDatabase(t, url, { size: 2 })
    await firstValue(database, 'select 1')
    const running = firstValue(database, 'select 2 from pg_sleep(0.1)')
    await new Promise((resolve) => setTimeout(resolve, 20))
    await Promise.all([database.close(), database.close()])
    assert.equal(await running, '2')
    await assert.rejects(firstValue(database, 'select 3'), BackendError)
    await openDatabase(t, url).close()
  })
})
