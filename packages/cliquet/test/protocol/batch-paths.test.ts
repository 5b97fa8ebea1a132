import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Service, Type } from '../../src/index.ts'
import { scenarios, uuid } from '../resource/http/scenario.ts'
import { batch, only, statuses } from './batch-exchange.ts'
import { openService } from './service-under-test.ts'

const prepare = (service: Service): void => {
  service.resource('article', { schema: { title: Type.String({ default: '' }) } })
  service.views(async (app) => {
    app.get('/elsewhere', (_request, reply) => reply.redirect('https://other.example/v1/articles', 307))
    app.get('/relative', (_request, reply) => reply.redirect('/v1/articles', 307))
    app.get('/moved', (_request, reply) => reply.redirect('/v1/articles', 301))
    app.get<{ Params: { name: string } }>('/names/:name', async ({ params }) => ({ name: params.name }))
    app.get('/écrits', async () => ({}))
    app.get('/nothing', (_request, reply) => reply.code(204).send())
    app.get('/text', (_request, reply) => reply.type('text/plain').send('one "text"'))
    app.get('/bytes', (_request, reply) => reply.type('application/octet-stream').send(Buffer.from([1, 2, 3])))
  })
}
const scenario = await scenarios({ prepare })

scenario('R11.6: paths have the version prefix or not, and a query', async ({ request }) => {
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: { data: { title: 'a' } } })
  await request('PUT', `/v1/articles/${uuid(2)}`, { body: { data: { title: 'b' } } })
  for (const path of ['/articles?title=b', '/v1/articles?title=b', '/articles?title=%62', '/v1/articles?%74itle=b&_sort=-title']) {
    const part = await only(request, { path })
    assert.deepEqual([part.status, part.path, part.headers['total-objects']], [200, '/v1/articles', undefined], path)
    const { data } = part.body as { data: unknown } // a list
    assert.equal((data as unknown[]).length, 1)
  }
})

scenario('R11.6: the prefix is a whole segment, other versions are not here', async ({ request }) => {
  const parts = await batch(request, [
    { path: '/v3/articles' },
    { path: '/v10/articles' },
    { path: '/v1x' },
    { path: '/v1x/articles' },
    { path: '/v' },
  ])
  assert.deepEqual(statuses(parts), [404, 404, 404, 404, 404])
  assert.deepEqual(
    parts.map(({ path, body }) => [path, body.errno]),
    [
      ['/v3/articles', 116],
      ['/v10/articles', 116],
      ['/v1/v1x', 111],
      ['/v1/v1x/articles', 111],
      ['/v1/v', 111],
    ],
  )
})

scenario('R11.6 R11.10: raw Unicode and escapes mean the same, paths are shown decoded and without query', async ({ request }) => {
  for (const path of ['/écrits', '/%C3%A9crits', '/v1/écrits?_sort=id', '/v1/%c3%a9crits']) {
    const part = await only(request, { path })
    assert.deepEqual([part.status, part.path], [200, '/v1/écrits'], path)
  }
  for (const name of ['ünï', '日本 語', '%F0%9F%8D%83🍃', 'a%2Fb', 'a b', '\'"<>`{}|^']) {
    const part = await only(request, { path: `/names/${name}` })
    assert.deepEqual(
      [part.status, part.body.name, part.path],
      [200, decodeURIComponent(name), `/v1/names/${decodeURIComponent(name)}`],
      name,
    )
  }
  const part = await only(request, { path: '/articles?title=é' })
  assert.equal(part.status, 200)
})

scenario('R11.6: a path never leaves the service', async ({ request, host }) => {
  const paths = [
    '//evil.example/x',
    '//evil.example/v1/articles',
    '/\\evil.example/x',
    '/@evil.example',
    '/:80@evil.example/',
    `//${host}/v1/articles`,
  ]
  for (const path of paths) {
    const part = await only(request, { path })
    assert.equal(part.status, 404, path)
    assert.ok(!JSON.stringify(part.headers).includes('evil'), path)
  }
  const parts = await batch(request, [{ path: '/..//evil.example/x' }, { path: '/v1/../..//evil.example' }, { path: '/' }])
  for (const { status } of parts) assert.ok(status === 404 || status === 200)
})

scenario('R11.6: paths that can mean nothing are a 4xx of their part', async ({ request }) => {
  const paths = [
    '/%',
    '/%zz',
    '/%ff',
    '/articles?%ff=1',
    '/articles?title=%',
    '/a\u0000b',
    '/articles/%00',
    '/a\r\nb',
    '/a%0d%0ab/',
    `/${'a'.repeat(5000)}`,
    '/#',
    '/?',
  ]
  const parts = await batch(
    request,
    paths.map((path) => ({ path })),
  )
  for (const [index, { status, headers }] of parts.entries()) {
    assert.ok(status < 500, paths[index])
    for (const value of Object.values(headers)) assert.doesNotMatch(value, /[\r\n\0]/)
  }
  assert.deepEqual(statuses(parts).slice(0, 4), [400, 400, 400, 400])
})

scenario('R11.6 R1.11: long runs of slashes in a path cost no more than other characters', async ({ request }) => {
  const slashes = '/'.repeat(200_000)
  const start = performance.now()
  const parts = await batch(request, [{ path: `${slashes}x` }, { path: `/x${slashes}x/` }, { path: `/articles${slashes}` }])
  assert.deepEqual(statuses(parts), [404, 404, 200])
  assert.ok(performance.now() - start < 2000)
})

scenario('R11.2: a lone surrogate in a path is refused with the whole batch', async ({ request }) => {
  const answer = await request('POST', '/v1/batch', { body: '{"requests":[{"path":"/names/\\ud800"}]}' })
  assert.equal(answer.status, 400)
})

scenario('R11.9: redirections are followed once, with the same method, headers and body', async ({ request }) => {
  const path = `/articles/${uuid(1)}/`
  const created = await only(request, { method: 'PUT', path, body: { data: { title: 'a' } }, headers: { 'If-None-Match': '*' } })
  assert.deepEqual([created.status, created.path, created.body.data?.title], [201, `/v1/articles/${uuid(1)}`, 'a'])
  const [again, list, filtered, hello, above] = await batch(request, [
    { method: 'PUT', path: `/v1${path}`, body: { data: {} }, headers: { 'If-None-Match': '*' } },
    { path: '/articles//' },
    { path: '/v1/articles/?title=none' },
    { path: '/v1' },
    { path: '/../articles?title=a' },
  ])
  assert.deepEqual([again?.status, again?.path], [412, `/v1/articles/${uuid(1)}`])
  assert.deepEqual([list?.status, list?.path], [200, '/v1/articles'])
  assert.deepEqual([filtered?.status, filtered?.body], [200, { data: [] }])
  assert.deepEqual([hello?.status, hello?.path, hello?.body.project_name], [200, '/v1/', 'test'])
  assert.deepEqual([above?.status, above?.path], [200, '/v1/articles'])
  const [part, missing] = await batch(request, [{ method: 'DELETE', path }, { path: '/none/' }])
  assert.deepEqual([part?.status, missing?.status, missing?.path], [200, 404, '/v1/none'])
})

scenario("R11.9: redirections of a service's own views are the client's to follow", async ({ request }) => {
  const parts = await batch(request, [{ path: '/elsewhere' }, { path: '/relative' }, { path: '/moved' }])
  assert.deepEqual(statuses(parts), [307, 307, 301])
  assert.deepEqual(
    parts.map(({ headers, path }) => [headers.location, path]),
    [
      ['https://other.example/v1/articles', '/v1/elsewhere'],
      ['/v1/articles', '/v1/relative'],
      ['/v1/articles', '/v1/moved'],
    ],
  )
})

test('R11.9: without redirections a path with a slash at its end is not found', async () => {
  const { request } = await openService({ prepare, settings: { trailing_slash_redirect_enabled: false } })
  assert.equal((await only(request, { path: '/articles/' })).status, 404)
})

scenario('R11.10: one response for each request, in their order', async ({ request }) => {
  const ids = Array.from({ length: 25 }, (_, index) => uuid(index + 1))
  const parts = await batch(
    request,
    ids.map((id) => ({ method: 'PUT', path: `/articles/${id}` })),
  )
  assert.deepEqual(
    parts.map(({ path, body, status }) => [path, body.data?.id, status]),
    ids.map((id) => [`/v1/articles/${id}`, id, 201]),
  )
  for (const part of parts) assert.deepEqual(Object.keys(part).sort(), ['body', 'headers', 'path', 'status'])
})

scenario('R11.10: the body is "" for HEAD, {} for a 304, a text for what is no JSON', async ({ request }) => {
  const { headers } = await request('PUT', `/v1/articles/${uuid(1)}`, { body: {} })
  const current = { 'If-None-Match': headers.etag }
  const path = `/articles/${uuid(1)}`
  const parts = await batch(request, [
    { method: 'HEAD', path },
    { method: 'HEAD', path: '/articles' },
    { method: 'HEAD', path: '/articles/none' },
    { path, headers: current },
    { path: '/articles', headers: current },
    { path: '/nothing' },
    { path: '/text' },
  ])
  assert.deepEqual(
    parts.map(({ status, body }) => [status, body]),
    [
      [200, ''],
      [200, ''],
      [parts[2]?.status, ''],
      [304, {}],
      [304, {}],
      [204, {}],
      [200, 'one "text"'],
    ],
  )
  assert.equal(parts[1]?.headers['total-objects'] ?? parts[1]?.headers['total-records'], '1')
  assert.equal(parts[3]?.headers.etag, headers.etag)
  assert.equal((await only(request, { path: '/bytes' })).status, 200)
})
