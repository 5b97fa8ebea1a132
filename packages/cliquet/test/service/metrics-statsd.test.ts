import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createService, Type } from '../../src/index.ts'
import { openStatsdServer } from '../metrics/statsd-server.ts'
import { backendSettings, openService, type ServiceUnderTest } from '../protocol/service-under-test.ts'
import { fileWith } from './settings-sources.ts'

interface Measured extends ServiceUnderTest {
  /** The names of what was sent, each once, with the type: `test.users|s`; gauges left out. After the end of the service. */
  names(): Promise<readonly string[]>
  lines(): Promise<readonly string[]>
}

async function openMeasured(options: Parameters<typeof openService>[0] = {}): Promise<Measured> {
  const server = await openStatsdServer()
  const service = await openService({
    ...options,
    prepare: (made) => made.resource('bookmark', { schema: { url: Type.URL() } }),
    settings: { statsd_url: `udp://localhost:${server.port}`, ...options.settings },
  })
  async function lines(): Promise<readonly string[]> {
    await service.close()
    await server.settle()
    await server.close()
    return server.lines()
  }
  return {
    ...service,
    lines,
    names: async () =>
      [...new Set((await lines()).map((line) => line.replace(/:[^|]*/, '')))].filter((name) => !name.endsWith('|g')).sort(),
  }
}

const bookmark = { data: { url: 'https://example.org/' } }

/** The line of the talk; 8125 is the port that StatsD listens on. */
const line = 'cliquet.statsd_url = udp://localhost:8125'

test('The talk’s line sends the documented metrics', async () => {
  const server = await openStatsdServer(8125).catch(() => openStatsdServer())
  const config = fileWith('application.ini', '[app:main]', line.replace('8125', String(server.port)))
  const service = createService({ name: 'bookmarks', version: '1.0', config, settings: backendSettings() })
  service.resource('bookmark', { schema: { url: Type.URL() } })
  await service.ready()
  const headers = { authorization: 'Basic bWF0OnNlY3JldA==' }
  const { statusCode, body } = await service.app.inject({ method: 'POST', url: '/v1/bookmarks', headers, payload: bookmark })
  assert.equal(statusCode, 201)
  await service.app.inject({ url: `/v1/bookmarks/${JSON.parse(body).data.id}`, headers })
  assert.equal(await server.lineWith('bookmarks.view.bookmark-record.GET'), 'bookmarks.view.bookmark-record.GET:1|c')
  assert.match(await server.lineWith('bookmarks.users'), /^bookmarks\.users:basicauth_[0-9a-f]{64}\|s$/)
  assert.equal(await server.lineWith('bookmarks.authn_type.basicauth'), 'bookmarks.authn_type.basicauth:1|c')
  for (const name of ['backend.storage.put', 'backend.storage.get', 'authentication.basicauth.authenticate']) {
    assert.match(await server.lineWith(`bookmarks.${name}`), /:\d+(\.\d+)?\|ms$/)
  }
  await service.close()
  await server.close()
})

test('Requests, backends, policies and the cache are measured, and each has the documented name', async () => {
  const { request, names } = await openMeasured()
  const { record } = await request('POST', '/v1/bookmarks', { body: bookmark })
  await request('PATCH', `/v1/bookmarks/${record.id}`, { body: bookmark })
  await request('DELETE', `/v1/bookmarks/${record.id}`)
  await request('GET', '/v1/__heartbeat__', { auth: null })
  assert.deepEqual(await names(), [
    'test.authentication.basicauth.authenticate|ms',
    'test.authn_type.basicauth|c',
    'test.backend.cache.check|ms',
    'test.backend.permission.check|ms',
    'test.backend.storage.check|ms',
    'test.backend.storage.get|ms',
    'test.backend.storage.put|ms',
    'test.backend.storage.remove|ms',
    'test.backend.storage.timestamp|ms',
    'test.request_duration.DELETE.bookmark-record|ms',
    'test.request_duration.GET.__heartbeat__|ms',
    'test.request_duration.PATCH.bookmark-record|ms',
    'test.request_duration.POST.bookmark-list|ms',
    'test.request_size.DELETE.bookmark-record|ms',
    'test.request_size.GET.__heartbeat__|ms',
    'test.request_size.PATCH.bookmark-record|ms',
    'test.request_size.POST.bookmark-list|ms',
    'test.request_summary.DELETE.bookmark-record.200|c',
    'test.request_summary.GET.__heartbeat__.200|c',
    'test.request_summary.PATCH.bookmark-record.200|c',
    'test.request_summary.POST.bookmark-list.201|c',
    'test.users|s',
    'test.view.__heartbeat__.GET|c',
    'test.view.bookmark-list.POST|c',
    'test.view.bookmark-record.DELETE|c',
    'test.view.bookmark-record.PATCH|c',
  ])
})

test('Requests inside a batch are measured, and so is what its transaction does', async () => {
  const { request, names } = await openMeasured({ backend: 'sqlite' })
  const create = { method: 'POST', path: '/bookmarks', body: bookmark }
  await request('POST', '/v1/batch', { body: { requests: [create, create, { path: '/bookmarks' }] } })
  const found = await names()
  for (const name of ['view.batch.POST|c', 'view.bookmark-list.POST|c', 'view.bookmark-list.GET|c']) {
    assert.ok(found.includes(`test.${name}`), `${name}\n${found.join('\n')}`)
  }
  for (const method of ['begin', 'put', 'list', 'commit']) {
    assert.ok(found.includes(`test.backend.storage.${method}|ms`), `${method}\n${found.join('\n')}`)
  }
})

test('However many URLs are asked for, names stay few: endpoints, not paths', async () => {
  const { request, names } = await openMeasured({ settings: { metrics_matchdict_fields: 'id' } })
  const { record } = await request('POST', '/v1/bookmarks', { body: bookmark })
  await request('GET', `/v1/bookmarks/${record.id}`)
  for (let i = 0; i < 20; i += 1) {
    await request('GET', `/v1/bookmarks/${randomUUID()}`)
    await request('GET', `/v1/nothing-${i}`)
  }
  const found = (await names()).filter((name) => name.includes('request_summary'))
  assert.deepEqual(found, [
    `test.request_summary.GET.bookmark-record.200.${record.id}|c`,
    'test.request_summary.GET.bookmark-record.404._|c',
    'test.request_summary.GET.unknown.404._|c',
    'test.request_summary.POST.bookmark-list.201._|c',
  ])
})

test('A view of one’s own measures by app.metrics, which is there and silent if nothing is set', async () => {
  const settings = {
    includes: fileWith(
      'plugin.mjs',
      `export const plugin = { name: 'counting', views: [async (app) => app.get('/count', () => app.metrics.count('my.own', { by: 3 }) ?? {})] }`,
    ),
  }
  const { request, names } = await openMeasured({ settings })
  await request('GET', '/v1/count')
  assert.ok((await names()).includes('test.my.own|c'))
  const silent = await openService({ settings })
  assert.equal((await silent.request('GET', '/v1/count')).status, 200)
})
