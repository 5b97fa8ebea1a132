import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type GivenSettings, Type } from '../../src/index.ts'
import { parseExposition, total } from '../metrics/exposition.ts'
import { openStatsdServer } from '../metrics/statsd-server.ts'
import { openService, reasonToSkip } from '../protocol/service-under-test.ts'
import { fileWith, readBookmarks } from './settings-sources.ts'
import { startError } from './start-error.ts'

const prometheus = { metrics_backend: 'cliquet/metrics/prometheus' }

const openMeasured = (settings: GivenSettings = {}) =>
  openService({
    settings: { ...prometheus, ...settings },
    prepare: (service) => service.resource('bookmark', { schema: { url: Type.URL() } }),
  })

const bookmark = { data: { url: 'https://example.org/' } }

test('R2.9: __metrics__ tells what was measured, in the format of Prometheus, whatever the client accepts', async () => {
  const { request } = await openMeasured()
  await request('POST', '/v1/bookmarks', { body: bookmark })
  await request('GET', '/v1/bookmarks', { auth: null })
  const { status, headers, text } = await request('GET', '/v1/__metrics__', { auth: null, headers: { accept: 'image/png' } })
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  const samples = parseExposition(text)
  const post = { method: 'POST', endpoint: 'bookmark-list' }
  assert.equal(total(samples, 'test_request_summary_total', { ...post, status: '201' }), 1)
  assert.equal(total(samples, 'test_request_summary_total', { method: 'GET', endpoint: 'bookmark-list', status: '401' }), 1)
  assert.equal(total(samples, 'test_request_duration_seconds_count', post), 1)
  assert.equal(total(samples, 'test_request_duration_seconds_bucket', { ...post, le: '+Inf' }), 1)
  assert.ok((total(samples, 'test_request_size_sum', post) ?? 0) > 50)
  assert.equal(total(samples, 'test_users_total', { auth: 'basicauth' }), 1)
  assert.equal(total(samples, 'test_authentication_total', { type: 'basicauth' }), 1)
  assert.equal(total(samples, 'test_backend_storage_seconds_count', { method: 'put' }), 1)
  assert.ok((total(samples, 'test_authentication_basicauth_seconds_count', { method: 'authenticate' }) ?? 0) >= 1)
  assert.ok(
    samples.every(({ labels }) => !('userid' in labels)),
    'who uses the service is nobody’s business',
  )
})

test('R2.9: it declares the capability `prometheus`, and neither is there unless it is asked for', async () => {
  const measured = await openMeasured({ prometheus_prefix: 'my-shop', prometheus_disabled_metrics: 'request_size' })
  const { capabilities } = (await measured.request('GET', '/v1/')).body
  const { prometheus: capability } = capabilities as Record<string, Record<string, unknown>> // as R2.2 says
  assert.deepEqual([capability?.prefix, capability?.disabled_metrics], ['myshop_', ['request_size']])
  const { text } = await measured.request('GET', '/v1/__metrics__')
  assert.ok(text.includes('myshop_request_summary_total') && !text.includes('request_size'))
  const silent = await openService()
  assert.equal((await silent.request('GET', '/v1/__metrics__')).status, 404)
  assert.ok(!('prometheus' in ((await silent.request('GET', '/v1/')).body.capabilities as object)))
})

test('the settings can say who may read it', async () => {
  const { request } = await openMeasured({ metrics_endpoint_principals: 'system.Authenticated' })
  assert.equal((await request('GET', '/v1/__metrics__', { auth: null })).status, 401)
  assert.equal((await request('GET', '/v1/__metrics__')).status, 200)
  const closed = await openMeasured({ metrics_endpoint_principals: 'group:operators' })
  assert.equal((await closed.request('GET', '/v1/__metrics__')).status, 403)
})

test('hits and misses of the cache are counted', async () => {
  const { request, service } = await openMeasured()
  await service.app.cache.set('a', 1, 1000)
  for (const key of ['a', 'b', 'c']) await service.app.cache.get(key)
  const samples = parseExposition((await request('GET', '/v1/__metrics__')).text)
  assert.deepEqual([total(samples, 'test_cache_hits_total'), total(samples, 'test_cache_misses_total')], [1, 2])
  assert.equal(total(samples, 'test_backend_cache_seconds_count', { method: 'get' }), 3)
})

test('how busy and how large the process is can be told from its start on; pools where there are any', async () => {
  const { request } = await openMeasured()
  const samples = parseExposition((await request('GET', '/v1/__metrics__')).text)
  const busy = total(samples, 'test_event_loop_utilization') ?? Number.NaN
  assert.ok(busy >= 0 && busy <= 1, `${busy}`)
  assert.ok((total(samples, 'test_memory_resident_bytes') ?? 0) > 1_000_000)
  assert.equal(total(samples, 'test_pool_size'), undefined)
})

test('connections to PostgreSQL are told of', { skip: reasonToSkip('postgresql') }, async () => {
  const { request } = await openService({ backend: 'postgresql', settings: { ...prometheus, storage_pool_size: 7 } })
  const samples = parseExposition((await request('GET', '/v1/__metrics__')).text)
  assert.deepEqual([total(samples, 'test_pool_size'), total(samples, 'test_pool_waiting')], [7, 0])
  assert.ok((total(samples, 'test_pool_busy') ?? -1) >= 0)
})

test('StatsD and Prometheus can be used at once, and a driver of one’s own beside them', async () => {
  const own = fileWith(
    'own-metrics.mjs',
    'export const told = []',
    'const tell = (name) => void told.push(name)',
    'export const createMetrics = async ({ project }) => ({',
    '  count: tell, time: tell, observe: tell, gauge: tell, close: async () => tell("end of " + project),',
    '})',
  )
  const server = await openStatsdServer()
  const { request, close } = await openMeasured({
    statsd_url: `udp://localhost:${server.port}`,
    metrics_backend: ['cliquet/metrics/prometheus', own],
  })
  await request('GET', '/v1/')
  assert.ok((await request('GET', '/v1/__metrics__')).text.includes('test_request_summary_total{method="GET",endpoint="server_info"'))
  assert.equal(await server.lineWith('test.view.server_info.GET'), 'test.view.server_info.GET:1|c')
  await close()
  await server.close()
  const { told } = await import(pathToFileURL(own).href)
  assert.ok(told.includes('request_summary') && told.includes('request_duration'))
  assert.equal(told.at(-1), 'end of test')
})

test('mistakes in the settings of metrics are told at the start, with their place', async () => {
  assert.match(await startError({ settings: { statsd_url: 'localhost:8125' } }), /^setting "statsd_url": "localhost:8125" must be udp:/)
  assert.match(
    await startError({ settings: { metrics_backend: 'cliquet/metrics/statsd' } }),
    /^setting "metrics_backend": "statsd_url" is needed/,
  )
  assert.match(
    await startError({ settings: { metrics_backend: './nowhere.ts' } }),
    /^setting "metrics_backend": the module \.\/nowhere\.ts can't be loaded/,
  )
  assert.match(await startError({ settings: { metrics_backend: 'node:path' } }), /must export a function createMetrics\(options\)/)
  assert.throws(
    () => readBookmarks({ given: { statsd_backend: 'kinto.core.statsd' } }),
    /"statsd_backend": kinto\.core\.statsd is a module of the original, here it is cliquet\/metrics\/statsd$/,
  )
  assert.match(
    await startError({ settings: { includes: 'kinto.plugins.prometheus' } }),
    /^setting "includes": kinto\.plugins\.prometheus is a plugin of the original, here it is a setting: metrics_backend = cliquet\/metrics\/prometheus$/,
  )
  for (const buckets of ['1 0.5', '0 1', '1 x', '-1', '1 1']) {
    assert.match(
      await startError({ settings: { ...prometheus, prometheus_histogram_buckets: buckets } }),
      /"prometheus_histogram_buckets" must be numbers/,
    )
  }
})
