import assert from 'node:assert/strict'
import { existsSync, renameSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLedger, type Findings } from '../../../../scripts/reference/ledger.ts'
import { createRecordClient } from '../../../../scripts/reference/record-client.ts'
import { startLoad } from '../../../../scripts/reference/write-load.ts'
import type { LocalServer } from '../../../../scripts/servers/local-server.ts'
import { startPostgres } from '../../../../scripts/servers/postgresql.ts'
import { uuid } from '../resource/http/scenario.ts'
import { runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'
import {
  assertAllUnavailable,
  assertUnavailable,
  heartbeat,
  kept,
  LONGEST_RECOVERY,
  look,
  lost,
  openOn,
  until,
  within,
} from './backend-loss.ts'

const nothingWrong: Findings = { lost: 0, backwards: 0, reused: 0, invented: 0, miscounted: 0 }

/** A device of the system into which nothing can be written for lack of space. */
const FULL = '/dev/full'

describe('A PostgreSQL of which the server is lost', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  let server: LocalServer
  before(async () => {
    server = await startPostgres({ fsync: false })
  })
  after(() => server.stop())

  /** A service on a schema of its own; it is closed before the server is stopped. */
  async function open(t: TestContext, schema: string) {
    const url = `${server.url}?schema=${schema}&application_name=${schema}`
    const service = await openOn('postgresql', url)
    t.after(() => service.close())
    await service.request('PUT', `/v1${kept}`, { body: { data: { text: 'kept' } } })
    return { service, url }
  }

  it('R3.19 S30 R9.1 R9.2: killed under load it costs no acknowledged write, every other one is a 503, and the service goes on when it is back', async (t) => {
    const { service } = await open(t, 'load')
    const findings = { ...nothingWrong }
    const targets = ['one', 'two'].map((user) => ({
      client: createRecordClient(`http://${service.host}`, user),
      ledger: createLedger(findings),
    }))
    const load = startLoad(targets, 12, 'text')
    await sleep(500)
    assert.equal(await heartbeat(service), true)
    await server.kill()
    assert.equal(await heartbeat(service), false)
    await server.restart()
    await until(async () => (await service.request('PUT', `/v1${kept}`, { body: { data: {} } })).status < 300, LONGEST_RECOVERY)
    await until(() => heartbeat(service))
    await sleep(300)
    load.halt()
    const { acknowledged, unavailable, errors } = await load.outcome
    assert.deepEqual(errors, {})
    assert.ok(acknowledged > 0 && unavailable > 0, `${acknowledged} acknowledged, ${unavailable} unavailable`)
    for (const { client, ledger } of targets) {
      const sight = await client.look()
      ledger.compare(sight)
      const values = [...sight.states.values()].flatMap(({ value }) => value ?? [])
      assert.equal(new Set(values).size, values.length, 'no write is there twice')
    }
    assert.deepEqual(findings, nothingWrong)
  })

  it('R3.19 R2.5: while it is away each request is a 503 with Retry-After, and nothing of it is there afterwards', async (t) => {
    const { service } = await open(t, 'away')
    const before = await look(service)
    for (const round of [1, 2]) {
      await server.kill()
      await assertAllUnavailable(service)
      assert.equal(await heartbeat(service), false, `round ${round}`)
      await server.restart()
      await until(() => heartbeat(service), LONGEST_RECOVERY)
      assert.deepEqual(await look(service), before)
    }
  })

  it('A service does not start without its database, and says where it has looked, but not with which password', async (t) => {
    await server.kill()
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = `postgresql://cliquet:hunter2@${host}:${server.port}/cliquet`
      await assert.rejects(within(10_000, openOn('postgresql', url)), ({ message, stack }: Error) => {
        assert.match(message, new RegExp(`^PostgreSQL ${host}:${server.port}/cliquet: .*ECONNREFUSED`))
        assert.doesNotMatch(`${message} ${stack}`, /hunter2/)
        return true
      })
    }
    await server.restart()
    const { service } = await open(t, 'late')
    assert.equal(await heartbeat(service), true)
  })

  const skip = existsSync(FULL) ? false : `there is no ${FULL} here`
  it('R3.19 S30: with a full disk what does not fit is a 503 and leaves nothing behind; the connections stay, and it is written when there is space', {
    skip,
  }, async (t) => {
    const { service, url } = await open(t, 'disk')
    const ours = () => runSql(url, "select pid from pg_stat_activity where application_name='disk' and pid<>pg_backend_pid() order by pid")
    // Long values have a file of their own, which is empty as yet: it goes to a disk without space.
    const [[folder = '', file = ''] = []] = await runSql(
      url,
      "select current_setting('data_directory'), pg_relation_filepath(reltoastrelid) from pg_class where oid='disk.records'::regclass",
    )
    const path = join(folder, file)
    assert.equal(statSync(path).size, 0)
    renameSync(path, `${path}.away`)
    symlinkSync(FULL, path)
    const operator = "insert into disk.records select '','','',0,'{}',string_agg(md5(n::text),'') from generate_series(1,4000) n"
    await assert.rejects(runSql(url, operator), { code: '53100' })

    const body = { data: { text: Array.from({ length: 2000 }, () => Math.random()).join() } }
    const small = { method: 'PUT', path: `/books/${uuid(1)}`, body: { data: { text: 'small' } } }
    const before = await look(service)
    const connections = await ours()
    for (let round = 0; round < 3; round += 1) {
      assertUnavailable(await service.request('PUT', `/v1${lost}`, { body }))
      const requests = [small, { method: 'PUT', path: lost, body }]
      assertUnavailable(await service.request('POST', '/v1/batch', { body: { requests } }))
    }
    assert.deepEqual(await ours(), connections)
    assert.deepEqual(await look(service), before)
    assert.equal((await service.request('PUT', `/v1${small.path}`, { body: small.body })).status, 201)
    await runSql(url, 'vacuum full disk.records')
    assert.equal((await service.request('PUT', `/v1${lost}`, { body })).status, 201)
  })
})
