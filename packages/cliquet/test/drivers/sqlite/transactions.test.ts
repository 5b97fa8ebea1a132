import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSqliteDatabase } from '../../../src/drivers/sqlite/database.ts'
import { BackendError } from '../../../src/errors/backend-error.ts'
import { createTemporaryFiles } from './temporary-file.ts'
import type { operations } from './trial-operations.ts'

const temporaryFile = createTemporaryFiles()
const module = new URL('./trial-operations.ts', import.meta.url)

/** A database with one value in it, `first`. */
async function open(t: TestContext, { timeout = 10_000, path = temporaryFile() } = {}) {
  const database = openSqliteDatabase({ path, timeout })
  t.after(() => database.close())
  const write = database.writer<typeof operations>(module)
  await write('insert', 'first')
  const values = (session: Pick<typeof database, 'read'> = database) =>
    session.read((connection) => connection.rows<[string]>('select value from trial order by rowid').map(([value]) => value))
  async function begin(options: { timeout?: number } = {}) {
    const transaction = await database.begin(options)
    return { transaction, inside: transaction.writer<typeof operations>(module) }
  }
  return { path, database, write, values, begin }
}

test('operations of a transaction run in this thread, each undone alone when it fails', async (t) => {
  const { values, begin } = await open(t)
  const { transaction, inside } = await begin()
  assert.equal(await inside('thread', undefined), 'main')
  await inside('insert', 'a')
  await assert.rejects(
    inside('insertAndFail', 'b'),
    (error) => error instanceof BackendError && error.cause instanceof RangeError && /failing after b/.test(error.message),
  )
  await assert.rejects(inside('insert', 'a'), BackendError)
  await assert.rejects(
    transaction.run([
      { sql: 'insert into trial values(?)', params: ['c'] },
      { sql: 'nonsense', params: [] },
    ]),
    BackendError,
  )
  assert.deepEqual(await values(transaction), ['first', 'a'])
  assert.deepEqual(await values(), ['first'])
  await transaction.commit()
  assert.deepEqual(await values(), ['first', 'a'])
})

test('writes wait for a transaction, transactions for writes, in the order in which they asked', async (t) => {
  const { write, values, begin } = await open(t)
  const transact = async (value: string) => {
    const { transaction, inside } = await begin()
    await inside('insert', `${value}1`)
    await sleep(2)
    await inside('insert', `${value}2`)
    await transaction.commit()
  }
  const begun = write('insert', 'a')
  await new Promise((resolve) => setImmediate(resolve))
  const afterwards = begun.then(() => new Promise((resolve) => setImmediate(resolve))).then(() => transact('e'))
  await Promise.all([transact('b'), transact('c'), write('insert', 'd'), afterwards])
  assert.deepEqual(await values(), ['first', 'a', 'b1', 'b2', 'c1', 'c2', 'd', 'e1', 'e2'])
})

test('a write that waits for a transaction too long is a BackendError, and is never done', async (t) => {
  const { write, values, begin } = await open(t, { timeout: 100 })
  const { transaction } = await begin()
  const early = [write('insert', 'a'), write('insert', 'b')]
  const late = sleep(60).then(() => write('insert', 'c'))
  const another = begin()
  for (const result of await Promise.allSettled([...early, another])) {
    assert.ok(
      result.status === 'rejected' && result.reason instanceof BackendError && /took longer than 100 ms/.test(result.reason.message),
    )
  }
  await transaction.rollback()
  assert.equal(await late, 'c', 'the one that came later had time left')
  assert.deepEqual(await values(), ['first', 'c'])
  const next = await begin()
  await next.inside('insert', 'd')
  await next.transaction.commit()
  assert.deepEqual(await values(), ['first', 'c', 'd'])
})

test('a transaction waits for another process, for so long', async (t) => {
  const { path, values, begin } = await open(t, { timeout: 150 })
  const other = new DatabaseSync(path)
  t.after(() => other.close())
  other.exec('begin immediate')
  await assert.rejects(begin(), (error) => error instanceof BackendError && /locked by others/.test(error.message))
  setTimeout(() => other.exec('rollback'), 40)
  const { transaction, inside } = await begin()
  await inside('insert', 'a')
  await transaction.commit()
  assert.deepEqual(await values(), ['first', 'a'])
})

test('a full disk ends the transaction, and the next one works when there is room', async (t) => {
  const { write, values, begin } = await open(t)
  const { transaction, inside } = await begin()
  await inside('insert', 'a')
  await inside('fill', undefined)
  await assert.rejects(inside('insert', 'x'.repeat(100_000)), (error) => error instanceof BackendError && /full/.test(error.message))
  await assert.rejects(inside('insert', 'b'), /the transaction on .* has failed: .*full/)
  await assert.rejects(transaction.commit(), BackendError)
  await transaction.rollback()
  assert.equal(await write('insert', 'c'), 'c')
  const next = await begin()
  await next.inside('insert', 'x'.repeat(100_000))
  await next.transaction.commit()
  assert.deepEqual(
    (await values()).map((value) => value.length),
    [5, 1, 100_000],
  )
})

test('a file that vanished is a BackendError, and is used again when it is back', async (t) => {
  const { path, values, begin } = await open(t)
  const first = await begin()
  await first.transaction.commit()
  renameSync(path, `${path}.away`)
  await assert.rejects(begin(), (error) => error instanceof BackendError && /vanished/.test(error.message))
  renameSync(`${path}.away`, path)
  const { transaction, inside } = await begin()
  await inside('insert', 'a')
  await transaction.commit()
  assert.deepEqual(await values(), ['first', 'a'])
})

test('close rolls back what is open, refuses what waits, and finishes the writes that were begun', async (t) => {
  const { path, database, write, begin } = await open(t)
  const { transaction, inside } = await begin()
  await inside('insert', 'a')
  const waiting = begin()
  const begun = write('insert', 'b')
  await new Promise((resolve) => setImmediate(resolve))
  const [refused] = await Promise.allSettled([waiting, database.close()])
  assert.ok(refused.status === 'rejected' && refused.reason instanceof BackendError)
  assert.equal(await begun, 'b')
  for (const late of [inside('insert', 'c'), transaction.commit(), begin()]) await assert.rejects(late, BackendError)
  const file = new DatabaseSync(path, { readOnly: true })
  assert.deepEqual(
    file
      .prepare('select value from trial')
      .all()
      .map(({ value }) => value),
    ['first', 'b'],
  )
  file.close()
})

test('the time of a transaction begins when it has begun', async (t) => {
  const { begin } = await open(t)
  const first = await begin({ timeout: 200 })
  const second = begin({ timeout: 200 })
  await sleep(120)
  await first.transaction.commit()
  const { transaction, inside } = await second
  await sleep(120)
  await inside('insert', 'a')
  await transaction.commit()
})
