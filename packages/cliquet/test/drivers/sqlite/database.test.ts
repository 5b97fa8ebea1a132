import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { createConnections } from '../../../src/drivers/connections.ts'
import { leaseSqliteDatabase, openSqliteDatabase } from '../../../src/drivers/sqlite/database.ts'
import type { SqliteLocation } from '../../../src/drivers/sqlite/location.ts'
import { BackendError } from '../../../src/errors/backend-error.ts'
import { ConfigurationError } from '../../../src/errors/configuration-error.ts'
import { createTemporaryFiles } from './temporary-file.ts'
import type { operations } from './trial-operations.ts'

const temporaryFile = createTemporaryFiles()

function open(t: TestContext, options: Partial<SqliteLocation> = {}) {
  const path = options.path ?? temporaryFile()
  const database = openSqliteDatabase({ path, timeout: 150, ...options })
  t.after(() => database.close())
  const write = database.writer<typeof operations>(new URL('./trial-operations.ts', import.meta.url))
  const values = () =>
    database.read((connection) => connection.rows<[string]>('select value from trial order by 1').map(([value]) => value))
  return { path, database, write, values }
}

/** Versions of tables with these statements. */
const versionsOf = (...statements: readonly string[]) => statements.map((sql, index) => ({ title: `step ${index + 1}`, sql: () => sql }))

/** How many transactions are in the write-ahead log: a frame that ends one says how large the file is then. */
function commitsIn(path: string): number {
  const log = readFileSync(`${path}-wal`)
  const pageSize = log.readUInt32BE(8)
  const salt = log.subarray(16, 24)
  let commits = 0
  for (let at = 32; at < log.length; at += 24 + pageSize) {
    if (log.readUInt32BE(at + 4) > 0 && log.subarray(at + 8, at + 16).equals(salt)) commits += 1
  }
  return commits
}

test('writes run in a thread of their own, with WAL and synchronous=FULL unless the URL says normal', async (t) => {
  const { write } = open(t)
  assert.deepEqual(await Promise.all([write('thread', undefined), write('pragma', 'journal_mode'), write('pragma', 'synchronous')]), [
    'worker',
    'wal',
    2,
  ])
  assert.equal(await open(t, { synchronous: 'normal' }).write('pragma', 'synchronous'), 1)
})

test('all writes of one turn share one commit, up to 256', async (t) => {
  const { path, write, values } = open(t)
  await write('insert', 'first')
  const before = commitsIn(path)
  await Promise.all(Array.from({ length: 100 }, (_, i) => write('insert', `a${i}`)))
  assert.equal(commitsIn(path) - before, 1)
  await Promise.all(Array.from({ length: 300 }, (_, i) => write('insert', `b${i}`)))
  assert.equal(commitsIn(path) - before, 3)
  assert.equal((await values()).length, 401)
})

test('what fails undoes itself only, whatever else is in its group', async (t) => {
  const { write, values } = open(t)
  const settled = await Promise.allSettled([
    write('insert', 'a'),
    write('insertAndFail', 'b'),
    write('insert', 'c'),
    write('insert', 'a'),
    write('insert', 'd'),
  ])
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(await values(), ['a', 'c', 'd'])
  const [, failed] = settled
  assert.ok(failed?.status === 'rejected' && failed.reason instanceof BackendError)
  assert.ok(failed.reason.cause instanceof RangeError)
})

test('S30: a writer thread that dies fails its writes and is replaced by the next', async (t) => {
  const { write, values } = open(t)
  await write('insert', 'a')
  const dying = [write('insert', 'lost'), write('die', 'lost too')]
  for (const result of await Promise.allSettled(dying)) assert.ok(result.status === 'rejected' && result.reason instanceof BackendError)
  assert.equal(await write('insert', 'b'), 'b')
  assert.deepEqual(await values(), ['a', 'b'])
})

test('S30: a lock held too long is a BackendError, a short one a pause, and reading goes on', async (t) => {
  const { path, write, values } = open(t)
  await write('insert', 'a')
  const other = new DatabaseSync(path)
  t.after(() => other.close())
  other.exec('begin immediate')
  const waiting = write('insert', 'b')
  assert.deepEqual(await values(), ['a'])
  await assert.rejects(waiting, (error) => error instanceof BackendError && /locked by others/.test(error.message))
  setTimeout(() => other.exec('rollback'), 40)
  assert.equal(await write('insert', 'c'), 'c')
  assert.deepEqual(await values(), ['a', 'c'])
})

test('S30: a file that vanishes is noticed by the next write, and used again when it is back', async (t) => {
  const { path, write, values } = open(t)
  await write('insert', 'a')
  renameSync(path, `${path}.away`)
  await assert.rejects(write('insert', 'b'), BackendError)
  await assert.rejects(values(), BackendError)
  renameSync(`${path}.away`, path)
  assert.equal(await write('insert', 'c'), 'c')
  assert.deepEqual(await values(), ['a', 'c'])
  rmSync(path)
})

test('S30: a full disk fails what was to be committed together, and the next write works when there is room', async (t) => {
  const { write, values } = open(t)
  await write('insert', 'a')
  await write('fill', undefined)
  const group = await Promise.allSettled([write('insert', 'small'), write('insert', 'x'.repeat(100_000))])
  for (const result of group)
    assert.ok(result.status === 'rejected' && result.reason instanceof BackendError && /full/.test(result.reason.message))
  assert.equal(await write('insert', 'b'), 'b')
  assert.deepEqual(await values(), ['a', 'b'])
})

test('a file that is no database is a BackendError', async (t) => {
  const { database, write } = open(t, { path: new URL(import.meta.url).pathname })
  await assert.rejects(write('insert', 'a'), BackendError)
  assert.equal(await database.check({ readonly: true }), false)
})

test('close waits for the writes that were begun, and refuses new ones', async (t) => {
  const { path, database, write } = open(t)
  const begun = Array.from({ length: 300 }, (_, i) => write('insert', `${i}`))
  await database.close()
  assert.equal((await Promise.all(begun)).length, 300)
  await assert.rejects(write('insert', 'late'), BackendError)
  await assert.rejects(
    database.read(() => 1),
    BackendError,
  )
  const file = new DatabaseSync(path, { readOnly: true })
  assert.deepEqual({ ...file.prepare('select count(*) as n from trial').get() }, { n: 300 })
  file.close()
})

test('a schema version that this program does not know is refused', async (t) => {
  const { database } = open(t)
  const versions = versionsOf('create table a(x)', 'create table b(x)')
  await database.migrate({ name: 'trial', versions })
  await database.migrate({ name: 'trial', versions })
  await assert.rejects(database.migrate({ name: 'trial', versions: versions.slice(0, 1) }), ConfigurationError)
  await database.migrate({ name: 'trial', versions: [...versions, ...versionsOf('alter table b add column y')] })
})

test('a version of which a statement fails leaves nothing behind', async (t) => {
  const { database } = open(t)
  await assert.rejects(database.migrate({ name: 'trial', versions: versionsOf('create table a(x); create table a(x)') }), BackendError)
  await database.migrate({ name: 'trial', versions: versionsOf('create table a(x)') })
})

test('backends of one service share the handle of a file and must agree about it', async () => {
  const connections = createConnections()
  const path = temporaryFile()
  const first = leaseSqliteDatabase({ url: `sqlite:${path}?synchronous=normal`, connections })
  const second = leaseSqliteDatabase({ url: path, connections })
  assert.equal(second.value, first.value)
  assert.throws(() => leaseSqliteDatabase({ url: `sqlite:${path}?synchronous=full`, connections }), ConfigurationError)
  await Promise.all([first.release(), second.release()])
})

test('an idle handle keeps no process alive, and a write that was begun is finished', { timeout: 20_000 }, async () => {
  const path = temporaryFile()
  const program = `
    import { openSqliteDatabase } from ${JSON.stringify(new URL('../../../src/drivers/sqlite/database.ts', import.meta.url).href)}
    const database = openSqliteDatabase({ path: ${JSON.stringify(path)} })
    const write = database.writer(new URL(${JSON.stringify(new URL('./trial-operations.ts', import.meta.url).href)}))
    await write('insert', 'awaited')
    void write('insert', 'not awaited')`
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  const file = new DatabaseSync(path, { readOnly: true })
  assert.deepEqual({ ...file.prepare('select count(*) as n from trial').get() }, { n: 2 })
  file.close()
})

test('how long a write would have to wait is known from those that wait; a read waits for none', async (t) => {
  const { database, write } = open(t)
  for (let i = 0; i < 20; i += 1) await write('insert', `a${i}`)
  assert.equal(database.expectedWait('write'), 0)
  const writes = Array.from({ length: 1000 }, (_, i) => write('insert', `b${i}`))
  const [all, none] = [database.expectedWait('write'), database.expectedWait('read')]
  assert.ok(all > 0)
  assert.equal(none, 0)
  await writes[0]
  const rest = database.expectedWait('write')
  assert.ok(rest > 0, 'the second group has begun, two wait')
  await Promise.all(writes)
  assert.equal(database.expectedWait('write'), 0)
})
