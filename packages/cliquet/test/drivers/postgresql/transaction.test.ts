import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { PostgresSession } from '../../../src/drivers/postgresql/session.ts'
import { BackendError } from '../../../src/errors/backend-error.ts'
import { ownSchema, runSql } from '../../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../../servers/server-urls.ts'
import { firstValue, openDatabase, processOf } from './opened-database.ts'

const url = ownSchema('transaction')
const schema = new URL(url).searchParams.get('schema')
const table = `"${schema}".trial`

async function open(t: TestContext, pool = {}) {
  await runSql(
    url,
    `create schema if not exists "${schema}"`,
    `drop table if exists ${table}`,
    `create table ${table}(value text primary key)`,
  )
  return openDatabase(t, url, { size: 2, ...pool })
}

const insert = (session: PostgresSession, value: string) => session.query({ text: `insert into ${table} values($1)`, values: [value] })
const values = async () => (await runSql(url, `select value from ${table} order by 1`)).map(([value]) => value)

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  it('work is committed together, or not at all when it throws', async (t) => {
    const database = await open(t)
    await database.atomically(async (session) => {
      await insert(session, 'a')
      await session.atomically((same) => insert(same, 'b'))
      assert.deepEqual(await values(), [])
    })
    assert.deepEqual(await values(), ['a', 'b'])
    const mine = new RangeError('mine')
    const failing = database.atomically(async (session) => {
      await insert(session, 'c')
      throw mine
    })
    await assert.rejects(failing, mine)
    assert.deepEqual(await values(), ['a', 'b'])
  })

  it('S32: after an error of the database nothing of the transaction is kept, and its connection is free', async (t) => {
    const database = await open(t, { size: 1 })
    const before = await processOf(database)
    const transaction = await database.begin()
    await insert(transaction, 'a')
    await assert.rejects(insert(transaction, 'a'), BackendError)
    await assert.rejects(insert(transaction, 'b'), (error) => error instanceof BackendError && /has failed before/.test(error.message))
    await assert.rejects(transaction.commit(), BackendError)
    await transaction.rollback()
    assert.equal(await processOf(database), before)
    assert.deepEqual(await values(), [])
  })

  it('S34: a transaction that takes too long is rolled back, and others get its connection', async (t) => {
    const database = await open(t, { size: 1 })
    const transaction = await database.begin({ timeout: 100 })
    await insert(transaction, 'a')
    assert.ok(await processOf(database), 'waits until the transaction is over')
    await assert.rejects(insert(transaction, 'b'), (error) => error instanceof BackendError && /longer than 100 ms/.test(error.message))
    await assert.rejects(transaction.commit(), BackendError)
    assert.deepEqual(await values(), [])
  })

  it('S34: also while a statement runs', async (t) => {
    const database = await open(t, { size: 1 })
    const transaction = await database.begin({ timeout: 50 })
    await insert(transaction, 'a')
    await firstValue(transaction, 'select 1 from pg_sleep(0.2)')
    await assert.rejects(transaction.commit(), BackendError)
    assert.ok(await processOf(database))
    assert.deepEqual(await values(), [])
  })

  it('calls that are made at once are done one after the other, without a warning of the driver', async (t) => {
    const database = await open(t)
    const warnings: Error[] = []
    const listen = (warning: Error) => warnings.push(warning)
    process.on('warning', listen)
    t.after(() => process.off('warning', listen))
    const names = Array.from({ length: 20 }, (_, i) => `v${i + 10}`)
    await database.atomically(async (session) => {
      await Promise.all(names.map((name) => insert(session, name)))
    })
    assert.deepEqual(await values(), names)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(warnings, [])
  })

  it('of calls that are made at once all fail after the one that does', async (t) => {
    const database = await open(t, { size: 1 })
    const work = database.atomically(async (session) => {
      const settled = await Promise.allSettled(['a', 'a', 'b', 'c'].map((value) => insert(session, value)))
      assert.deepEqual(
        settled.map(({ status }) => status),
        ['fulfilled', 'rejected', 'rejected', 'rejected'],
      )
    })
    await assert.rejects(work, BackendError)
    assert.ok(await processOf(database))
    assert.deepEqual(await values(), [])
  })

  it('patient work may take longer than any limit', async (t) => {
    const database = await open(t, { statementTimeout: 100 })
    const slow = async (session: PostgresSession) => {
      await firstValue(session, 'select pg_sleep(1.4)')
      await insert(session, 'a')
    }
    await assert.rejects(database.atomically(slow), BackendError)
    await database.atomically(slow, { patient: true })
    assert.deepEqual(await values(), ['a'])
    await assert.rejects(firstValue(database, 'select pg_sleep(1.4)'), BackendError, 'but not what comes later on its connection')
  })

  it('a second commit, and a rollback after it, change nothing', async (t) => {
    const database = await open(t)
    const transaction = await database.begin()
    await insert(transaction, 'a')
    await transaction.commit()
    await assert.rejects(transaction.commit(), BackendError)
    await transaction.rollback()
    assert.deepEqual(await values(), ['a'])
  })
})
