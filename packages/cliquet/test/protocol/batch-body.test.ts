import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Service, Type } from '../../src/index.ts'
import { detailsOf, places, scenarios, uuid } from '../resource/http/scenario.ts'
import { batch, only, type PartRequest, partsOf, post, statuses } from './batch-exchange.ts'
import { openService, type Received } from './service-under-test.ts'

const resources = (service: Service): void => {
  service.resource('article', { schema: { title: Type.Optional(Type.String()) }, preserveUnknown: true })
}
/** A view that tells what reached it, and changes what it was given. */
const echo = (service: Service): void => {
  service.views(async (app) => {
    app.post<{ Body: Record<string, unknown> }>('/echo', async ({ body, headers }) => {
      const text = JSON.stringify(body)
      for (const value of Object.values(body)) if (typeof value === 'object' && value !== null) Object.assign(value, { seen: true })
      Object.assign(body, { seen: true })
      return { text, headers }
    })
  })
}
const prepare = (service: Service): void => {
  resources(service)
  echo(service)
}

const scenario = await scenarios({ prepare })
const write = { method: 'PUT', path: `/articles/${uuid(1)}`, body: { data: { title: 'written' } } }

function refused(answer: Received, expected: readonly string[]): void {
  assert.equal(answer.status, 400, answer.text)
  assert.equal(answer.body.errno, 107)
  assert.equal(answer.body.error, 'Invalid parameters')
  assert.deepEqual(places(answer), expected)
}

scenario('R11.1: a batch without requests has no responses, and needs no user', async ({ request }) => {
  assert.deepEqual((await post(request, { requests: [] })).body, { responses: [] })
  assert.deepEqual((await post(request, { requests: [], defaults: {} }, { auth: null })).body, { responses: [] })
})

scenario('R11.1: other keys, no requests and what is no object are refused', async ({ request }) => {
  refused(await post(request, {}), ['body requests'])
  refused(await post(request, ''), ['body requests'])
  for (const requests of [null, {}, 'x', 1, true]) refused(await post(request, { requests }), ['body requests'])
  refused(await post(request, { requests: [], other: 1 }), ['body '])
  refused(await post(request, { requests: [], request: [], __proto__: null }), ['body '])
  refused(await post(request, '{"requests":[],"__proto__":{}}'), ['body '])
  for (const body of ['[]', 'null', '"x"', '7']) refused(await post(request, body), ['body '])
})

const badRequests: readonly (readonly [PartRequest | unknown, string])[] = [
  [{}, 'body requests.0.path'],
  [{ path: 'articles' }, 'body requests.0.path'],
  [{ path: '' }, 'body requests.0.path'],
  [{ path: 'http://evil.example/v1/articles' }, 'body requests.0.path'],
  [{ path: null }, 'body requests.0.path'],
  [{ path: 7 }, 'body requests.0.path'],
  [{ path: ['/articles'] }, 'body requests.0.path'],
  [{ path: '/', method: 'get' }, 'body requests.0.method'],
  [{ path: '/', method: 'OPTIONS' }, 'body requests.0.method'],
  [{ path: '/', method: 'CONNECT' }, 'body requests.0.method'],
  [{ path: '/', method: '' }, 'body requests.0.method'],
  [{ path: '/', method: null }, 'body requests.0.method'],
  [{ path: '/', method: ['GET'] }, 'body requests.0.method'],
  [{ path: '/', body: null }, 'body requests.0.body'],
  [{ path: '/', body: 'text' }, 'body requests.0.body'],
  [{ path: '/', body: 0 }, 'body requests.0.body'],
  [{ path: '/', body: false }, 'body requests.0.body'],
  [{ path: '/', headers: null }, 'body requests.0.headers'],
  [{ path: '/', headers: [] }, 'body requests.0.headers'],
  [{ path: '/', headers: 'If-Match: 1' }, 'body requests.0.headers'],
  [{ path: '/', headers: { 'If-Match': 1 } }, 'body requests.0.headers'],
  [{ path: '/', headers: { 'If-Match': null } }, 'body requests.0.headers'],
  [{ path: '/', headers: { 'If-Match': ['"1"'] } }, 'body requests.0.headers'],
  [{ path: '/', id: 1 }, 'body requests.0'],
  [{ path: '/', constructor: 1 }, 'body requests.0'],
  ['/articles', 'body requests.0'],
  [null, 'body requests.0'],
  [[], 'body requests.0'],
]

scenario('R11.2: a request that is wrong is named, and nothing of its batch is executed', async ({ request }) => {
  for (const [bad, name] of badRequests) {
    refused(await post(request, { requests: [bad, write] }), [name])
    refused(await post(request, { requests: [write, bad] }), [name.replace('requests.0', 'requests.1')])
  }
  assert.equal((await request('GET', '/v1/articles')).records.length, 0)
})

scenario('R11.2: all faults of a batch are told at once', async ({ request }) => {
  const answer = await post(request, { requests: [{ path: 'x', method: 'x', headers: 1, body: 1, x: 1 }, write, 7], defaults: { body: 2 } })
  const names = [
    'requests.0',
    'requests.0.path',
    'requests.0.method',
    'requests.0.headers',
    'requests.0.body',
    'requests.2',
    'defaults.body',
  ]
  assert.equal(answer.status, 400)
  assert.deepEqual(new Set(places(answer)), new Set(names.map((name) => `body ${name}`)))
})

scenario('R11.2: CR, LF, NUL and other control characters in headers are refused (R12.42)', async ({ request }) => {
  for (const value of ['a\r\nX-Injected: 1', 'a\nb', 'a\rb', 'a\u0000b', '\u0007', 'snow \u2603', '\ud800']) {
    refused(await post(request, { requests: [{ path: '/', headers: { 'X-A': value } }] }), ['body requests.0.headers'])
  }
  for (const name of ['a b', 'a:', 'a\r\nb', '', 'ü', 'a(b']) {
    refused(await post(request, { requests: [{ path: '/', headers: { [name]: 'x' } }] }), ['body requests.0.headers'])
    refused(await post(request, { requests: [{ path: '/' }], defaults: { headers: { [name]: 'x' } } }), ['body defaults.headers'])
  }
})

scenario('R11.2: every method that is listed may be used, GET is the default', async ({ request }) => {
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: { data: {} } })
  const methods = [undefined, 'GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'TRACE', 'DELETE']
  const parts = await batch(
    request,
    methods.map((method) => ({ path: `/articles/${uuid(1)}`, body: { data: {} }, ...(method && { method }) })),
  )
  assert.deepEqual(statuses(parts), [200, 200, 200, 200, 200, 405, 405, 200])
})

scenario('R11.3: defaults are checked as requests are, their path may be missing', async ({ request }) => {
  for (const [bad, name] of badRequests.slice(1)) {
    refused(await post(request, { defaults: bad, requests: [write] }), [name.replace('requests.0', 'defaults')])
  }
  assert.equal((await request('GET', '/v1/articles')).records.length, 0)
})

scenario('R11.3: defaults give what a request leaves out, its own members win', async ({ request }) => {
  const defaults = { method: 'POST', path: '/articles', body: { data: { title: 'default', kept: { a: 1, b: [1, 2] } } } }
  const parts = await batch(request, [{}, { body: { data: { title: 'own', kept: { b: [3], c: 2 } } } }, { method: 'GET', path: '/v1/' }], {
    defaults,
  })
  assert.deepEqual(statuses(parts), [201, 201, 200])
  const [first, second] = parts.map(({ body }) => body.data)
  assert.deepEqual([first?.title, first?.kept], ['default', { a: 1, b: [1, 2] }])
  assert.deepEqual([second?.title, second?.kept], ['own', { a: 1, b: [3], c: 2 }])
  assert.notEqual(first?.id, second?.id)
})

scenario('R11.3: an object does not merge with a list, nor a list with a list', async ({ request }) => {
  const list = [{ op: 'add', path: '/data/title', value: 'patched' }]
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: { data: {} } })
  const patch = { method: 'PATCH', path: `/articles/${uuid(1)}`, headers: { 'Content-Type': 'application/json-patch+json' } }
  const defaults = { body: { data: { title: 'default' } } }
  assert.equal((await only(request, { ...patch, body: list }, { defaults })).body.data?.title, 'patched')
  const part = await only(
    request,
    { method: 'PUT', path: `/articles/${uuid(2)}`, body: { data: { title: 'own' } } },
    { defaults: { body: list } },
  )
  assert.equal(part.body.data?.title, 'own')
  assert.equal((await only(request, patch, { defaults: { body: list } })).status, 200)
})

scenario('R11.3: header names of defaults and requests merge without case', async ({ request }) => {
  const defaults = { method: 'POST', path: '/echo', headers: { 'X-A': 'default', 'X-B': 'default' }, body: {} }
  const part = await only(request, { headers: { 'x-a': 'own', 'X-C': 'own' } }, { defaults, headers: { 'X-A': 'outer', 'X-D': 'outer' } })
  const { 'x-a': a, 'x-b': b, 'x-c': c, 'x-d': d } = part.body.headers as Record<string, string> // the view sends them
  assert.deepEqual([a, b, c, d], ['own', 'default', 'own', 'outer'])
})

scenario('R11.3: requests that share defaults do not see what another does with its body', async ({ request }) => {
  const defaults = { method: 'POST', path: '/echo', body: { a: { b: {} } } }
  const parts = await batch(request, [{}, {}, { body: { c: 1 } }], { defaults })
  assert.deepEqual(
    parts.map(({ body }) => body.text),
    ['{"a":{"b":{}}}', '{"a":{"b":{}}}', '{"a":{"b":{}},"c":1}'],
  )
})

scenario('R11.3: __proto__ and constructor are keys like others, in bodies and headers and their defaults', async ({ request }) => {
  const body = (inner: string) => `{"data":{"constructor":{"prototype":{"polluted":1}},"__proto__":{"polluted":1,${inner}},"toString":1}}`
  const headers = '{"__proto__":"x","constructor":"y","hasOwnProperty":"z"}'
  const text = `{"defaults":{"method":"POST","path":"/echo","headers":${headers},"body":${body('"d":1')}},
    "requests":[{"body":${body('"own":{"__proto__":{"deep":1}}')},"headers":${headers}}]}`
  const [part] = partsOf(await post(request, text))
  assert.equal(part?.status, 200, JSON.stringify(part))
  assert.equal(part.body.text, body('"d":1,"own":{"__proto__":{"deep":1}}'))
  assert.equal(Reflect.get({}, 'polluted'), undefined)
  assert.equal(Reflect.get({}, 'deep'), undefined)
  const { constructor: made } = part.body.headers as Record<string, unknown> // the view sends them
  assert.equal(made, 'y')
})

scenario('R11.8: a request without a body has an empty one', async ({ request }) => {
  const [post1, post2, put, patch] = await batch(request, [
    { method: 'POST', path: '/articles' },
    { method: 'POST', path: '/articles', body: {} },
    { method: 'PUT', path: `/articles/${uuid(1)}` },
    { method: 'PATCH', path: `/articles/${uuid(1)}` },
  ])
  const alone = await Promise.all([
    request('POST', '/v1/articles'),
    request('PUT', `/v1/articles/${uuid(2)}`),
    request('PATCH', `/v1/articles/${uuid(2)}`),
  ])
  assert.deepEqual([post1?.status, post2?.status], [alone[0]?.status, (await request('POST', '/v1/articles', { body: {} })).status])
  assert.deepEqual([put?.status, patch?.status], [alone[1]?.status, 400])
})

scenario('R11.4: more than 25 requests are refused', async ({ request }) => {
  const many = (count: number) => Array.from({ length: count }, () => ({ path: '/' }))
  assert.equal((await batch(request, many(25))).length, 25)
  const answer = await post(request, { requests: [write, ...many(25)] })
  refused(answer, ['body requests'])
  assert.match(String(answer.body.message), /Number of requests is limited to 25/)
  assert.equal(detailsOf(answer)[0]?.description, 'Number of requests is limited to 25')
  assert.equal((await request('GET', '/v1/articles')).records.length, 0)
})

test('R11.4: the limit is a setting, 0 is none', async () => {
  const one = await openService({ prepare, settings: { batch_max_requests: 1 } })
  assert.equal((await post(one.request, { requests: [{ path: '/' }] })).status, 200)
  refused(await post(one.request, { requests: [{ path: '/' }, { path: '/' }] }), ['body requests'])
  const none = await openService({ prepare, settings: { batch_max_requests: 0 } })
  assert.equal(
    (
      await batch(
        none.request,
        Array.from({ length: 200 }, () => ({ path: '/' })),
      )
    ).length,
    200,
  )
})

const recursive = [
  '/batch',
  '/v1/batch',
  '/batch/',
  '/v1/batch/',
  '/v1/batch//',
  '/batch?x=1',
  '/v1/batch/?x',
  '/v1/batch#x',
  '/%62atch',
  '/v1/%62%61tch',
  '/v1/x/../batch',
  '/x/%2e%2e/batch',
  '/./batch',
  '/v1/./batch',
  '/../batch',
  '/v1/../batch',
  '/v1/../../v1/batch',
  '/v1/x\\..\\batch',
  '/v2/../v1/batch',
]

scenario('R11.5: a request to the batch endpoint makes the whole batch a 400, however its path is written', async ({ request }) => {
  for (const path of recursive) {
    for (const method of ['POST', 'GET']) {
      const answer = await post(request, { requests: [write, { method, path, body: { requests: [] } }] })
      refused(answer, ['body requests'])
      assert.equal(detailsOf(answer)[0]?.description, 'Recursive call on /batch endpoint is forbidden.', path)
    }
  }
  refused(await post(request, { defaults: { path: '/batch' }, requests: [write, {}] }), ['body requests'])
  assert.equal((await request('GET', '/v1/articles')).records.length, 0)
})

scenario('R11.5: paths that only look like the batch endpoint are fine', async ({ request }) => {
  const paths = [
    '/articles?title=/batch',
    '/articles/batch-1',
    '/articles/batch',
    '/batches',
    '/v1/batch-1',
    '/v1x/batch',
    '/v3/batch',
    '//batch',
  ]
  const parts = await batch(request, [write, ...paths.map((path) => ({ path }))])
  const [created, list, ...others] = statuses(parts)
  assert.deepEqual([created, list], [201, 200])
  for (const [index, status] of others.entries()) assert.ok(status === 400 || status === 404, paths[index + 1])
  assert.deepEqual(others.slice(2), [404, 404, 404, 404, 404])
  assert.equal((await request('GET', '/v1/articles')).records.length, 1)
})

scenario('R11.17: other methods on /batch are 405, OPTIONS is a preflight', async ({ request }) => {
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
    const answer = await request(method, '/v1/batch')
    assert.equal(answer.status, 405, method)
    assert.deepEqual(answer.headers.allow?.split(', ').includes('POST'), true)
  }
  const preflight = await request('OPTIONS', '/v1/batch', {
    headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
    auth: null,
  })
  assert.equal(preflight.status, 200)
  assert.match(preflight.headers['access-control-allow-methods'] ?? '', /POST/)
})

test('R11.17 R5.4: a read-only service refuses batches, those that only read included', async () => {
  const { request } = await openService({ prepare, settings: { readonly: true } })
  const answer = await post(request, { requests: [{ path: '/' }] })
  assert.deepEqual([answer.status, answer.body.errno], [405, 115])
})

scenario('R11.1 R3.15: a batch of another type is 415, without a type it is JSON', async ({ request }) => {
  for (const type of ['text/plain', 'application/merge-patch+json', 'application/json-patch+json', 'application/x-www-form-urlencoded']) {
    const answer = await post(request, '{"requests":[]}', { headers: { 'content-type': type } })
    assert.equal(answer.status, 415, type)
  }
  assert.equal((await post(request, { requests: [] }, { headers: { 'content-type': undefined } })).status, 200)
  assert.equal((await post(request, { requests: [] }, { headers: { 'content-type': 'application/json; charset=UTF-8' } })).status, 200)
})

scenario('R11.1 R3.9: a batch that is no JSON is refused', async ({ request }) => {
  for (const body of ['{', '{"requests":[}', 'x', Buffer.from([0x7b, 0xff, 0x7d])]) refused(await post(request, body), ['body '])
})

scenario('R11.1 R3.17: a batch that is too long is 413', async ({ request }) => {
  const answer = await post(request, { requests: [{ path: '/', headers: { 'X-A': 'a'.repeat(3_000_000) } }] })
  assert.deepEqual([answer.status, answer.body.errno], [413, 113])
})
