import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ownSchema, runSql } from '../../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../../servers/server-urls.ts'
import { firstValue, openDatabase } from './opened-database.ts'

const url = ownSchema('liveness')
const table = `"${new URL(url).searchParams.get('schema')}".trial`

/** A process that has begun a transaction, and does nothing more. */
async function beginElsewhere(t: TestContext, timeout: number, text: string) {
  const script = fileURLToPath(new URL('./transaction-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, url, String(timeout), text], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  it('looks whether a machine that says nothing is still there', async (t) => {
    const database = openDatabase(t, url)
    assert.equal(await firstValue(database, "select current_setting('tcp_keepalives_idle')"), '5')
    assert.equal(await firstValue(database, "select current_setting('tcp_keepalives_interval')"), '3')
    assert.equal(await firstValue(database, "select current_setting('tcp_keepalives_count')"), '3')
  })

  it('does so as the operator says, if they do', async (t) => {
    const database = openDatabase(t, `${url}&options=${encodeURIComponent('-c tcp_keepalives_idle=77')}`)
    assert.equal(await firstValue(database, "select current_setting('tcp_keepalives_idle')"), '77')
    assert.equal(await firstValue(database, "select current_setting('tcp_keepalives_count')"), '3')
  })

  it('ends a transaction in which nothing happens a bit later than we do, and statements of a patient one never', async (t) => {
    const database = openDatabase(t, url, { size: 1 })
    const limits = "select current_setting('idle_in_transaction_session_timeout')||' '||current_setting('statement_timeout')"
    for (const [timeout, expected] of [
      [undefined, '31s 10s'],
      [90_000, '91s 10s'],
      [60_000.5, '61001ms 10s'],
      [2 ** 31 - 1, `${2 ** 31 - 1}ms 10s`],
    ] as const) {
      const transaction = await database.begin({ timeout })
      assert.equal(await firstValue(transaction, limits), expected)
      await transaction.rollback()
    }
    assert.equal(await database.atomically((session) => firstValue(session, limits), { patient: true }), '31s 0')
    assert.equal(await firstValue(database, limits), '31s 10s')
  })

  // It was a minute, whatever the transaction's own time-out.
  it('S35: what a stopped process has locked is free a second after the end of its transaction', { timeout: 60_000 }, async (t) => {
    await runSql(
      url,
      `create schema if not exists ${table.split('.')[0]}`,
      `create table ${table}(value int primary key)`,
      `insert into ${table} values(1)`,
    )
    const child = await beginElsewhere(t, 500, `update ${table} set value=2`)
    child.kill('SIGSTOP')
    const database = openDatabase(t, url, { statementTimeout: 20_000 })
    const since = performance.now()
    await database.query({ text: `update ${table} set value=3` })
    assert.ok(performance.now() - since < 20_000)
    assert.deepEqual(await runSql(url, `select value from ${table}`), [['3']])
  })
})
