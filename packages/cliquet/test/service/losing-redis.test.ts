import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLedger, type Findings } from '../../../../scripts/reference/ledger.ts'
import { createRecordClient } from '../../../../scripts/reference/record-client.ts'
import { startLoad } from '../../../../scripts/reference/write-load.ts'
import type { LocalServer } from '../../../../scripts/servers/local-server.ts'
import { startRedis } from '../../../../scripts/servers/redis.ts'
import { startProcess } from '../protocol/service-process.ts'
import { uuid } from '../resource/http/scenario.ts'
import { redisUrl, skipWithout } from '../servers/server-urls.ts'
import { openTcpProxy, type TcpProxy } from '../servers/tcp-proxy.ts'
import { assertAllUnavailable, heartbeat, kept, LONGEST_RECOVERY, limits, look, openOn, until, within } from './backend-loss.ts'

const nothingWrong: Findings = { lost: 0, backwards: 0, reused: 0, invented: 0, miscounted: 0 }

const interruptions: Readonly<Record<string, (proxy: TcpProxy) => Promise<void> | void>> = {
  cut: (proxy) => proxy.cut(),
  stalled: (proxy) => proxy.stall(),
}

describe('A Redis that is lost', { skip: skipWithout(redisUrl, 'Redis') }, () => {
  let server: LocalServer
  before(async () => {
    server = await startRedis({ appendonly: true })
  })
  after(() => server.stop())

  /** A service with a prefix of its own, which reaches the server through a network of its own. */
  async function open(t: TestContext, prefix: string) {
    const proxy = await openTcpProxy(server.url)
    const service = await openOn('redis', `${proxy.url(server.url)}?prefix=${prefix}`)
    t.after(async () => {
      await proxy.mend()
      await service.close()
      await proxy.close()
    })
    await service.request('PUT', `/v1${kept}`, { body: { data: { text: 'kept' } } })
    return { service, proxy }
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
    for (const { client, ledger } of targets) ledger.compare(await client.look())
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

  for (const [how, interrupt] of Object.entries(interruptions)) {
    it(`R3.19 S30 R2.5: while the network is ${how} every request is a 503 in bounded time; when it is back, so is the service`, async (t) => {
      const { service, proxy } = await open(t, how)
      const before = await look(service)
      await interrupt(proxy)
      await assertAllUnavailable(service)
      assert.equal(await heartbeat(service), false)
      await proxy.mend()
      await until(() => heartbeat(service), LONGEST_RECOVERY)
      // What the network holds back it may deliver later: such a 503 leaves open whether it was written.
      if (how === 'cut') assert.deepEqual(await look(service), before)
      assert.equal((await service.request('PUT', `/v1/notes/${uuid(4)}`, { body: { data: { text: 'new' } } })).status, 201)
    })
  }

  it('A service does not start without its database, and says where it has looked, but not with which password', async (t) => {
    await server.kill()
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = `redis://:hunter2@${host}:${server.port}/0`
      await assert.rejects(within(10_000, openOn('redis', url)), ({ message, stack, cause }: Error) => {
        assert.match(message, new RegExp(`^Redis ${host}:${server.port}/0: `))
        assert.match(`${message} ${cause}`, /ECONNREFUSED/)
        assert.doesNotMatch(`${message} ${stack}`, /hunter2/)
        return true
      })
    }
    await server.restart()
    const { service } = await open(t, 'late')
    assert.equal(await heartbeat(service), true)
  })

  it('A service whose process is to end while the network is stalled ends all the same', async (t) => {
    const proxy = await openTcpProxy(server.url)
    t.after(() => proxy.close())
    const url = `${proxy.url(server.url)}?prefix=end`
    const service = await startProcess({ storage_backend: 'cliquet/storage/redis', storage_url: url, log_level: 'silent', ...limits })
    assert.equal((await service.send('GET', '/articles')).status, 200)
    proxy.stall()
    assert.equal((await service.send('GET', '/articles')).status, 503)
    await service.end()
  })
})
