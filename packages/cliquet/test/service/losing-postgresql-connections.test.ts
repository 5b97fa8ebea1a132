import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { uuid } from '../resource/http/scenario.ts'
import { ownSchema, runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'
import { assertUnavailable, holdTransaction, kept, LONGEST_ANSWER, look, lost, openOn, until, within } from './backend-loss.ts'

const schemaUrl = ownSchema('connections')
/** By which the server knows our connections from those of other tests. */
const name = `connections ${process.pid}`
const url = `${schemaUrl}&application_name=${encodeURIComponent(name)}`
const collections = `"${new URL(schemaUrl).searchParams.get('schema')}".collections`

async function open(t: TestContext, settings: Readonly<Record<string, unknown>> = {}) {
  const service = await openOn('postgresql', url, settings)
  t.after(() => service.close())
  for (const path of ['/v1/notes', '/v1/books']) await service.request('DELETE', path)
  await service.request('PUT', `/v1${kept}`, { body: { data: { text: 'kept' } } })
  return service
}

/** Locks collections as a long write of another process would. */
const lock = (t: TestContext, ...resources: readonly string[]): Promise<() => Promise<void>> =>
  holdTransaction(t, schemaUrl, `select from ${collections} where resource in (${resources.map((one) => `'${one}'`)}) for update`)

/** The server's processes that work for us. */
const ours = (condition = 'true') => runSql(schemaUrl, `select pid from pg_stat_activity where application_name='${name}' and ${condition}`)

const waiting = async (): Promise<number> => (await ours("wait_event_type='Lock'")).length

const body = { data: { text: 'new' } }

describe('A PostgreSQL that is busy', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  it('R3.19 S30: a write that waits for longer than storage_statement_timeout is a 503 and writes nothing; its connection is used again', async (t) => {
    const service = await open(t, { storage_pool_size: 1, storage_statement_timeout: 0.5 })
    const { request } = service
    const before = await look(service)
    const pids = await ours()
    const release = await lock(t, 'note')
    const put = { method: 'PUT', path: lost, body }
    const answers = await within(
      LONGEST_ANSWER,
      Promise.all([
        request('PUT', `/v1${lost}`, { body }),
        request('DELETE', '/v1/notes'),
        request('POST', '/v1/batch', { body: { requests: [{ ...put, path: `/books/${uuid(2)}` }, put] } }),
      ]),
    )
    for (const answer of answers) assertUnavailable(answer)
    await release()
    assert.deepEqual(await look(service), before)
    assert.equal((await request('PUT', `/v1${lost}`, { body })).status, 201)
    assert.equal(pids.length, 1)
    assert.deepEqual(await ours(), pids)
  })

  it('R3.19: with all connections in use storage_max_backlog requests wait, further ones are 503 at once, and none is forgotten', async (t) => {
    const settings = { storage_pool_size: 2, storage_max_backlog: 4, storage_pool_timeout: 20, storage_statement_timeout: 20 }
    const { request } = await open(t, settings)
    assert.equal((await request('POST', '/v1/books', { body })).status, 201)
    const release = await lock(t, 'note', 'book')
    const writes = ['/v1/notes', '/v1/books'].map((path) => request('POST', path, { body }))
    await until(async () => (await waiting()) === 2)
    const reads = Array.from({ length: 10 }, () => request('GET', '/v1/notes'))
    const refused: Promise<unknown>[] = []
    const others = reads
    while (refused.length < 6) {
      const [index, answer] = await within(LONGEST_ANSWER, Promise.race(others.map(async (read, i) => [i, await read] as const)))
      assertUnavailable(answer)
      refused.push(...others.splice(index, 1))
    }
    await release()
    const answered = await within(LONGEST_ANSWER, Promise.all([...writes, ...others]))
    assert.deepEqual(
      answered.map(({ status }) => status),
      [201, 201, 200, 200, 200, 200],
    )
  })

  it('R3.19: in one collection storage_max_backlog writes wait besides the next 64, further ones are 503 at once', async (t) => {
    const { request } = await open(t, { storage_max_backlog: 4, storage_pool_timeout: 20, storage_statement_timeout: 20 })
    const release = await lock(t, 'note')
    const first = request('POST', '/v1/notes', { body })
    await until(async () => (await waiting()) === 1)
    const others = Array.from({ length: 64 + 4 + 6 }, () => request('POST', '/v1/notes', { body }))
    for (let refused = 0; refused < 6; refused += 1) {
      const [index, answer] = await within(LONGEST_ANSWER, Promise.race(others.map(async (write, i) => [i, await write] as const)))
      assertUnavailable(answer)
      others.splice(index, 1)
    }
    assert.equal((await request('POST', '/v1/books', { body })).status, 201)
    await release()
    const answers = await within(LONGEST_ANSWER, Promise.all([first, ...others]))
    assert.ok(answers.every(({ status }) => status === 201))
    assert.equal((await request('GET', '/v1/notes')).records.length, 1 + 1 + 64 + 4)
  })

  it('R3.19: a request that waits for a connection longer than storage_pool_timeout is 503', async (t) => {
    const { request } = await open(t, { storage_pool_size: 1, storage_pool_timeout: 0.3, storage_statement_timeout: 20 })
    const release = await lock(t, 'note')
    const write = request('POST', '/v1/notes', { body })
    await until(async () => (await waiting()) === 1)
    assertUnavailable(await within(LONGEST_ANSWER, request('GET', '/v1/notes')))
    await release()
    assert.equal((await write).status, 201)
    assert.equal((await request('GET', '/v1/notes')).status, 200)
  })

  it('R9.4: many writers to a locked collection hold one connection, and other collections go on', async (t) => {
    const { request } = await open(t, { storage_pool_size: 2, storage_statement_timeout: 20, storage_pool_timeout: 20 })
    const release = await lock(t, 'note')
    const writes = Array.from({ length: 40 }, (_, n) => request('PUT', `/v1/notes/${uuid(100 + n)}`, { body }))
    await until(async () => (await waiting()) === 1)
    for (let n = 0; n < 20; n += 1) {
      const path = `/v1/books/${uuid(100 + n)}`
      const answers = [await request('PUT', path, { body }), await request('GET', path), await request('GET', '/v1/notes')]
      assert.deepEqual(
        answers.map(({ status }) => status),
        [201, 200, 200],
      )
    }
    assert.equal(await waiting(), 1)
    await release()
    const written = await within(LONGEST_ANSWER, Promise.all(writes))
    assert.ok(written.every(({ status }) => status === 201))
    assert.equal(new Set(written.map(({ timestamp }) => timestamp)).size, 40)
  })

  it('R3.19: of many writers to a locked collection each is answered within two statement time-outs', async (t) => {
    const service = await open(t, { storage_statement_timeout: 1, storage_pool_timeout: 1 })
    const release = await lock(t, 'note')
    const limit = 3500
    const answers = await within(
      limit,
      Promise.all(Array.from({ length: 300 }, (_, n) => service.request('PUT', `/v1/notes/${uuid(100 + n)}`, { body }))),
    )
    for (const answer of answers) assertUnavailable(answer)
    await release()
    assert.deepEqual((await look(service)).notes, ['kept'])
  })
})
