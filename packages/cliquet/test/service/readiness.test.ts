import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import { createReadiness } from '../../src/http/readiness.ts'
import { type AuthenticationPolicy, cliquet, type StartStep } from '../../src/index.ts'
import { cliquetUrl, folderWith, startCommand } from '../cli/command-process.ts'
import { backendSettings, openService } from '../protocol/service-under-test.ts'

test('A life goes from starting over ready to ending, and never back', () => {
  const readiness = createReadiness()
  assert.equal(readiness.phase, 'starting')
  readiness.begin()
  assert.equal(readiness.phase, 'ready')
  readiness.end()
  readiness.begin()
  assert.equal(readiness.phase, 'ending')
})

test('R3.19: a service that ends says so in both heartbeats, and serves everything else', async () => {
  const { request, service } = await openService()
  assert.equal((await request('GET', '/v1/__lbheartbeat__', { auth: null })).status, 200)
  service.app.readiness.end()
  const balancer = await request('GET', '/v1/__lbheartbeat__', { auth: null })
  assert.deepEqual([balancer.status, balancer.body.errno, balancer.headers['retry-after']], [503, 201, '30'])
  const heartbeat = await request('GET', '/v1/__heartbeat__', { auth: null })
  assert.deepEqual([heartbeat.status, heartbeat.headers['retry-after']], [503, '30'])
  assert.deepEqual(heartbeat.body, { storage: true, permission: true, cache: true, ready: false })
  assert.equal((await request('GET', '/v1/')).status, 200)
})

test('Closing a service ends it for load balancers, too', async () => {
  const { service } = await openService()
  await service.close()
  assert.equal(service.app.readiness.phase, 'ending')
})

test('Nothing is ready before the backends are prepared', async () => {
  const seen: string[] = []
  const step: StartStep = {
    name: 'look',
    run: ({ app, onPrepare }) => onPrepare(async () => void seen.push(app.readiness.phase, String(app.server.listening))),
  }
  const { service } = await openService({ steps: [{ before: 'resources', add: step }] })
  assert.deepEqual(seen, ['starting', 'false'])
  assert.equal(service.app.readiness.phase, 'ready')
})

test('The load balancer’s heartbeat waits for no policy', async () => {
  const stuck: AuthenticationPolicy = { name: 'stuck', challenge: 'Stuck', authenticate: () => new Promise(() => {}) }
  const { request } = await openService({ policies: [stuck] })
  const { status, body, headers } = await request('GET', '/v1/__lbheartbeat__', { headers: { origin: 'https://example.org' } })
  assert.deepEqual([status, body, headers['access-control-allow-origin']], [200, {}, '*'])
  assert.equal((await request('HEAD', '/v1/__lbheartbeat__')).status, 200)
})

test('In an application of one’s own the plugin tells the same', async () => {
  const app = fastify()
  after(() => app.close())
  await app.register(cliquet, { name: 'test', version: '1.0', settings: backendSettings() })
  assert.equal((await app.inject('/v1/__lbheartbeat__')).statusCode, 200)
  app.readiness.end()
  assert.equal((await app.inject('/v1/__lbheartbeat__')).statusCode, 503)
})

const service = `
  import { createService } from '${cliquetUrl}'
  export const service = createService({
    name: 'test', version: '1.0', settings: { log_level: 'silent', storage_backend: 'cliquet/storage/memory', port: 0, shutdown_delay_seconds: 3 },
  })
`

test('After SIGTERM a service goes on for the delay, while its heartbeats send load balancers away', async () => {
  const child = startCommand(['start'], { cwd: folderWith({ 'server.ts': service }) })
  after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const [line] = await once(child.stdout ?? assert.fail(), 'data')
  const url = /http:\S+/.exec(String(line))?.[0] ?? assert.fail(String(line))
  const statusOf = async (path: string): Promise<number> => (await fetch(`${url}${path}`)).status
  assert.equal(await statusOf('__lbheartbeat__'), 200)
  const begin = performance.now()
  child.kill('SIGTERM')
  while ((await statusOf('__lbheartbeat__')) === 200) await sleep(20)
  assert.deepEqual([await statusOf('__lbheartbeat__'), await statusOf('__heartbeat__'), await statusOf('')], [503, 503, 200])
  assert.deepEqual(await ended, [0, null])
  assert.ok(performance.now() - begin >= 2900)
})
