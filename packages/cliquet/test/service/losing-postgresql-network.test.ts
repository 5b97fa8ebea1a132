import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { startProcess } from '../protocol/service-process.ts'
import type { ServiceUnderTest } from '../protocol/service-under-test.ts'
import { uuid } from '../resource/http/scenario.ts'
import { ownSchema, runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'
import { openTcpProxy, type TcpProxy } from '../servers/tcp-proxy.ts'
import {
  assertAllUnavailable,
  assertUnavailable,
  heartbeat,
  holdTransaction,
  kept,
  LONGEST_ANSWER,
  LONGEST_RECOVERY,
  limits,
  look,
  lost,
  openOn,
  until,
  within,
} from './backend-loss.ts'

const url = ownSchema('network')

/** A service that reaches the server through a network of its own. `/cut` and `/stall` are views that interrupt it. */
async function openThroughProxy(t: TestContext, settings: Readonly<Record<string, unknown>> = {}) {
  const proxy = await openTcpProxy(url)
  const interrupt = async (app: FastifyInstance): Promise<void> => {
    app.post('/cut', async () => void (await proxy.cut()))
    app.post('/stall', async () => proxy.stall())
  }
  const service = await openOn('postgresql', proxy.url(url), settings, (added) => void added.views(interrupt))
  t.after(async () => {
    await proxy.mend()
    await service.close()
    await proxy.close()
  })
  for (const path of ['/v1/notes', '/v1/books']) await service.request('DELETE', path)
  await service.request('PUT', `/v1${kept}`, { body: { data: { text: 'kept' } } })
  return { service, proxy }
}

const interruptions: Readonly<Record<string, (proxy: TcpProxy) => Promise<void> | void>> = {
  cut: (proxy) => proxy.cut(),
  stalled: (proxy) => proxy.stall(),
}

/** An advisory lock that no other test uses. */
const LOCK = process.pid
const at = `"${new URL(url).searchParams.get('schema')}".`

/** Makes every commit of records wait, in the server, until nobody holds the lock. */
async function delayCommits(t: TestContext): Promise<void> {
  t.after(() => runSql(url, `drop trigger slow on ${at}records`))
  await runSql(
    url,
    `create or replace function ${at}wait() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock_shared(${LOCK}); return null; end'`,
    `create constraint trigger slow after insert or update on ${at}records deferrable initially deferred
      for each row execute function ${at}wait()`,
  )
}

/** The server's processes whose commits wait. */
const committing = async (): Promise<readonly string[]> =>
  (await runSql(url, `select pid from pg_locks where locktype='advisory' and objid=${LOCK} and not granted`)).flat()

/** Warms up connections, so that they die with what they are just used for. */
const warmUp = ({ request }: ServiceUnderTest) => Promise.all(Array.from({ length: 20 }, () => request('GET', '/v1/notes')))

describe('A PostgreSQL to which the network is lost', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  for (const [how, interrupt] of Object.entries(interruptions)) {
    it(`R3.19 S30 R2.5: while the network is ${how} every request is a 503 in bounded time; when it is back, so is the service`, async (t) => {
      const { service, proxy } = await openThroughProxy(t)
      await warmUp(service)
      const before = await look(service)
      await interrupt(proxy)
      await assertAllUnavailable(service)
      assert.equal(await heartbeat(service), false)
      await proxy.mend()
      await until(() => heartbeat(service), LONGEST_RECOVERY)
      const found = await look(service)
      // What the network holds back it may deliver later: such a 503 leaves open whether it was written, but never a half of it.
      if (how === 'cut') assert.deepEqual(found, before)
      else assert.equal(found.notes.includes('batch'), found.books.includes('batch'))
      const written = await within(LONGEST_RECOVERY, service.request('PUT', `/v1/notes/${uuid(4)}`, { body: { data: { text: 'new' } } }))
      assert.equal(written.status, 201)
    })

    it(`R11.13 R11.15 S34: a batch in the middle of which the network is ${how} leaves nothing behind`, async (t) => {
      const { service, proxy } = await openThroughProxy(t)
      const before = await look(service)
      const put = { method: 'PUT', path: lost, body: { data: { text: 'half' } } }
      const middle = { method: 'POST', path: how === 'cut' ? '/cut' : '/stall' }
      const requests = [put, { method: 'DELETE', path: kept }, middle, { ...put, path: `/books/${uuid(2)}` }]
      assertUnavailable(await within(LONGEST_ANSWER, service.request('POST', '/v1/batch', { body: { requests } })))
      await proxy.mend()
      await until(() => heartbeat(service), LONGEST_RECOVERY)
      assert.deepEqual(await look(service), before)
      const again = await within(
        LONGEST_ANSWER,
        service.request('POST', '/v1/batch', { body: { requests: requests.filter((one) => one !== middle) } }),
      )
      assert.equal(again.status, 200)
    })
  }

  it('R9.4: connections that died while nobody used them cost at most the time to notice it', async (t) => {
    const { service, proxy } = await openThroughProxy(t)
    await warmUp(service)
    assert.ok(proxy.connections > 1)
    await proxy.cut()
    await proxy.mend()
    await until(() => heartbeat(service), LONGEST_RECOVERY)
    assert.deepEqual((await look(service)).notes, ['kept'])
  })

  it('A service whose process is to end while the network is stalled ends all the same', async (t) => {
    const proxy = await openTcpProxy(url)
    t.after(() => proxy.close())
    const settings = { storage_backend: 'cliquet/storage/postgresql', storage_url: proxy.url(url), log_level: 'silent', ...limits }
    const service = await startProcess(settings)
    const get = () => service.send('GET', '/articles')
    const answers = await Promise.all(Array.from({ length: 20 }, get))
    assert.ok(answers.every(({ status }) => status === 200))
    proxy.stall()
    const last = get()
    assert.equal((await last).status, 503)
    await service.end()
  })

  const put = { method: 'PUT', body: { data: { text: 'whole' } } }
  const requests = [lost, `/books/${uuid(2)}`].map((path) => ({ ...put, path }))
  const writes = {
    'a single write': { path: `/v1${lost}`, method: 'PUT', body: put.body, written: { notes: ['kept', 'whole'], books: [] } },
    'a batch': { path: '/v1/batch', method: 'POST', body: { requests }, written: { notes: ['kept', 'whole'], books: ['whole'] } },
  }
  for (const [what, { method, path, body, written }] of Object.entries(writes)) {
    it(`R3.19 R9.7: a server lost while it commits ${what} has written all of it or nothing, and the answer is 503`, async (t) => {
      const { service, proxy } = await openThroughProxy(t, { storage_statement_timeout: 3 })
      await delayCommits(t)
      const found = async () => {
        const { notes, books } = await look(service)
        return { notes, books }
      }

      const release = await holdTransaction(t, url, `select pg_advisory_xact_lock(${LOCK})`)
      const undone = service.request(method, path, { body })
      await until(async () => (await committing()).length > 0)
      for (const pid of await committing()) await runSql(url, `select pg_terminate_backend(${pid})`)
      assertUnavailable(await within(LONGEST_ANSWER, undone))
      await release()
      assert.deepEqual(await found(), { notes: ['kept'], books: [] })

      const releaseAgain = await holdTransaction(t, url, `select pg_advisory_xact_lock(${LOCK})`)
      const unheard = service.request(method, path, { body })
      await until(async () => (await committing()).length > 0)
      proxy.stall()
      await releaseAgain()
      await until(async () => (await committing()).length === 0)
      assertUnavailable(await within(2 * LONGEST_ANSWER, unheard))
      await proxy.mend()
      await until(() => heartbeat(service), LONGEST_RECOVERY)
      assert.deepEqual(await found(), written)
    })
  }
})
