import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { SpanKind, trace } from '@opentelemetry/api'
import { type GivenSettings, Type } from '../../src/index.ts'
import { openService } from '../protocol/service-under-test.ts'
import { fileWith } from '../service/settings-sources.ts'
import { activeId, hasFailed, idOf, keepSpans, parentOf } from './span-keeper.ts'

const keeper = keepSpans()
beforeEach(() => keeper.clear())

const seen: (string | undefined)[] = []

const openTraced = (settings: GivenSettings = {}) =>
  openService({
    settings: { tracing_enabled: true, ...settings },
    prepare: (service) =>
      service.resource('bookmark', { schema: { url: Type.URL() } }).views(async (app) => {
        app.post('/work', async () => {
          seen.push(activeId())
          await new Promise(setImmediate)
          seen.push(activeId())
          return {}
        })
        app.get('/broken/:id', async () => {
          throw new RangeError('it broke')
        })
      }),
  })

const bookmark = { data: { url: 'https://example.org/' } }

test('a request is a span with the names of the conventions, and calls of backends are spans inside it', async () => {
  const { request } = await openTraced()
  const { record } = await request('POST', '/v1/bookmarks', { body: bookmark, headers: { 'user-agent': 'reader/1' } })
  await request('GET', `/v1/bookmarks/${record.id}?_fields=url`)
  const post = await keeper.span('POST /v1/bookmarks')
  const get = await keeper.span('GET /v1/bookmarks/:id')
  assert.deepEqual([post.kind, get.kind, hasFailed(post), parentOf(post)], [SpanKind.SERVER, SpanKind.SERVER, false, undefined])
  const { 'server.port': port, 'http.response.body.size': size, ...others } = post.attributes
  assert.ok(Number(port) > 0 && Number(size) > 50)
  assert.deepEqual(others, {
    'http.request.method': 'POST',
    'http.route': '/v1/bookmarks',
    'url.path': '/v1/bookmarks',
    'url.scheme': 'http',
    'server.address': '127.0.0.1',
    'client.address': '127.0.0.1',
    'network.protocol.version': '1.1',
    'user_agent.original': 'reader/1',
    'http.response.status_code': 201,
    'cliquet.endpoint': 'bookmark-list',
  })
  assert.ok(!JSON.stringify(get.attributes).includes('_fields'), 'query strings are nobody’s business')
  const put = await keeper.span('backend.storage.put')
  assert.deepEqual([parentOf(put), put.kind, put.attributes], [idOf(post), SpanKind.INTERNAL, { 'cliquet.method': 'put' }])
  assert.equal(parentOf(await keeper.span('backend.storage.get')), idOf(get))
})

test('a request belongs to the trace that its headers name (W3C)', async () => {
  const { request } = await openTraced()
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await request('GET', '/v1/', { headers: { traceparent } })
  const span = await keeper.span('GET /v1/')
  assert.deepEqual([span.spanContext().traceId, parentOf(span)], ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'])
  keeper.clear()
  await request('GET', '/v1/', { headers: { traceparent: 'nonsense' } })
  assert.equal(parentOf(await keeper.span('GET /v1/')), undefined)
})

test('the span of a request is under way in its handler, also after the body was read and after waiting', async () => {
  const { request } = await openTraced()
  seen.splice(0)
  await request('POST', '/v1/work', { body: { padding: 'x'.repeat(200_000) } })
  const id = idOf(await keeper.span('POST /v1/work'))
  assert.deepEqual(seen, [id, id])
})

test('requests in a batch are spans inside that of the batch, whatever headers they take over from it', async () => {
  const { request } = await openTraced()
  const requests = [{ method: 'POST', path: '/bookmarks', body: bookmark }, { path: '/bookmarks' }]
  const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  await request('POST', '/v1/batch', { body: { requests }, headers })
  const batch = await keeper.span('POST /v1/batch')
  const [post, get] = [await keeper.span('POST /v1/bookmarks'), await keeper.span('GET /v1/bookmarks')]
  assert.equal(parentOf(batch), 'b7ad6b7169203331')
  assert.deepEqual([parentOf(post), parentOf(get)], [idOf(batch), idOf(batch)])
  assert.deepEqual([post.kind, get.kind, batch.kind], [SpanKind.INTERNAL, SpanKind.INTERNAL, SpanKind.SERVER])
  assert.equal(parentOf(await keeper.span('backend.storage.put')), idOf(post))
  assert.equal(parentOf(await keeper.span('backend.storage.commit')), idOf(batch))
  assert.equal(batch.attributes['cliquet.batch_size'], 2)
})

test('what a listener does is a span of its own, inside that of the request', async () => {
  const use = fileWith('audit.mjs', 'export const createListener = () => ({ run: async () => {} })')
  const { request } = await openTraced({ event_listeners: 'audit', 'event_listeners.audit.use': use })
  await request('POST', '/v1/bookmarks', { body: bookmark })
  const span = await keeper.span('listeners.audit')
  assert.deepEqual([parentOf(span), span.kind], [idOf(await keeper.span('POST /v1/bookmarks')), SpanKind.INTERNAL])
})

test('an unexpected error is noted in the span, which has failed; an error of the client is none', async () => {
  const { request } = await openTraced()
  await request('GET', '/v1/broken/1')
  const broken = await keeper.span('GET /v1/broken/:id')
  assert.ok(hasFailed(broken))
  assert.deepEqual([broken.attributes['http.response.status_code'], broken.attributes['error.type']], [500, '500'])
  assert.deepEqual(
    broken.events.map(({ name, attributes }) => [name, attributes?.['exception.type'], attributes?.['exception.message']]),
    [['exception', 'RangeError', 'it broke']],
  )
  await request('GET', '/v1/nothing')
  const unknown = await keeper.span('GET')
  assert.deepEqual([unknown.attributes['http.response.status_code'], hasFailed(unknown), unknown.events.length], [404, false, 0])
})

test('a call of a backend that fails is a span that has failed', async () => {
  const { service } = await openTraced()
  await assert.rejects(service.app.storage.removeAll({ parentId: '', resource: 'x' }, null as never)) // as a careless view might call it
  const span = await keeper.span('backend.storage.removeAll')
  assert.deepEqual([hasFailed(span), span.events.map(({ name }) => name)], [true, ['exception']])
})

test('where another instrumentation has begun the span of a request, ours is a part of it', async () => {
  const { service } = await openTraced()
  await trace.getTracer('other').startActiveSpan('outer', async (outer) => {
    await service.app.inject({ url: '/v1/', headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } })
    outer.end()
  })
  const [outer, inner] = [await keeper.span('outer'), await keeper.span('GET /v1/')]
  assert.deepEqual([parentOf(inner), inner.kind], [idOf(outer), SpanKind.INTERNAL])
})

test('nothing is traced unless it is asked for', async () => {
  const { request } = await openTraced({ tracing_enabled: false })
  await request('POST', '/v1/bookmarks', { body: bookmark })
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(keeper.all(), [])
})
