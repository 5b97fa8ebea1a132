import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Service, Type } from '../../src/index.ts'
import { scenarios, uuid } from '../resource/http/scenario.ts'
import { batch, only, type PartRequest, post, statuses } from './batch-exchange.ts'
import { openService, type Received } from './service-under-test.ts'

const prepare = (service: Service): void => {
  service.resource('article', { schema: { title: Type.String({ default: '' }) }, preserveUnknown: true })
  service.views(async (app) => {
    app.get('/headers', async ({ headers }) => ({ headers }))
    app.post('/headers', async ({ headers, body }) => ({ headers, body: body ?? null }))
    app.get('/many', (_request, reply) => reply.header('set-cookie', ['a=1', 'b=2']).send({}))
  })
}
const scenario = await scenarios({ prepare })
const seenBy = async (...given: Parameters<typeof only>): Promise<Readonly<Record<string, string | undefined>>> =>
  (await only(...given)).body.headers as Record<string, string> // the view sends them

scenario('R11.7: requests inherit the headers of the batch, and override them without case', async ({ request }) => {
  const headers = { 'X-Outer': 'outer', 'X-Both': 'outer', 'User-Agent': 'phone', 'Accept-Language': 'fr' }
  const seen = await seenBy(request, { path: '/headers', headers: { 'x-BOTH': 'own', 'X-Own': 'own' } }, { headers })
  const { 'x-outer': outer, 'x-both': both, 'x-own': own, 'user-agent': agent, 'accept-language': language } = seen
  assert.deepEqual([outer, both, own, agent, language], ['outer', 'own', 'own', 'phone', 'fr'])
})

scenario('R11.7: what one request sets does not reach the next', async ({ request }) => {
  const requests = [{ path: '/headers', headers: { 'X-A': '1' } }, { path: '/headers' }]
  const [, second] = await batch(request, requests)
  assert.equal((second?.body.headers as Record<string, string> | undefined)?.['x-a'], undefined) // the view sends them
})

scenario('R11.7: preconditions of the batch request itself are inherited', async ({ request }) => {
  const parts = await batch(
    request,
    [
      { method: 'PUT', path: `/articles/${uuid(1)}` },
      { method: 'PUT', path: `/articles/${uuid(1)}` },
    ],
    {
      headers: { 'If-None-Match': '*' },
    },
  )
  assert.deepEqual(statuses(parts), [201, 412])
})

scenario('R11.7: the Content-Type of the batch is not inherited, that of a request is used', async ({ request }) => {
  const typeOf = async (part: PartRequest, type: string) =>
    (await seenBy(request, { method: 'POST', path: '/headers', body: {}, ...part }, { headers: { 'content-type': type } }))['content-type']
  assert.equal(await typeOf({}, 'application/json'), 'application/json; charset=utf-8')
  assert.equal(await typeOf({}, 'application/json;charset=UTF-8;x=y'), 'application/json; charset=utf-8')
  assert.equal(await typeOf({ headers: { 'CONTENT-TYPE': 'application/vnd.a+json' } }, 'application/json'), 'application/vnd.a+json')
})

const patched = { data: { title: 'a', deep: { kept: 1, gone: 1 } } }

for (const [where, merge, json] of [
  [
    'in the request',
    { headers: { 'Content-Type': 'application/merge-patch+json' } },
    { headers: { 'content-TYPE': 'application/json-patch+json' } },
  ],
  [
    'with a charset',
    { headers: { 'Content-Type': 'application/merge-patch+json; charset=utf-8' } },
    { headers: { 'Content-Type': 'application/json-patch+json; charset=utf-8' } },
  ],
] as const) {
  scenario(`R11.7 R11.2: merge-patch and JSON Patch work inside a batch (${where})`, async ({ request }) => {
    const path = `/articles/${uuid(1)}`
    const [, plain, merged, operated, list] = await batch(request, [
      { method: 'PUT', path, body: patched },
      { method: 'PATCH', path, body: { data: { title: 'b' } } },
      { method: 'PATCH', path, body: { data: { deep: { gone: null, fresh: 2 } } }, ...merge },
      {
        method: 'PATCH',
        path,
        body: [
          { op: 'add', path: '/data/deep/more', value: [1] },
          { op: 'test', path: '/data/title', value: 'b' },
        ],
        ...json,
      },
      { method: 'PATCH', path, body: [{ op: 'add', path: '/data/x', value: 1 }] },
    ])
    assert.deepEqual(plain?.body.data?.deep, { kept: 1, gone: 1 })
    assert.deepEqual(merged?.body.data?.deep, { kept: 1, fresh: 2 })
    assert.deepEqual(operated?.body.data?.deep, { kept: 1, fresh: 2, more: [1] })
    assert.equal(list?.status, 400)
  })
}

scenario('R11.7: the patch type may come from the defaults', async ({ request }) => {
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: patched })
  const defaults = { method: 'PATCH', path: `/articles/${uuid(1)}`, headers: { 'Content-Type': 'application/merge-patch+json' } }
  const part = await only(request, { body: { data: { deep: { gone: null } } } }, { defaults })
  assert.deepEqual(part.body.data?.deep, { kept: 1 })
})

const harmful: Readonly<Record<string, readonly string[]>> = {
  'Content-Length': ['0', '1', '5', '99999999999', '-1', 'x', ''],
  'Transfer-Encoding': ['chunked', 'gzip', 'x'],
  Connection: ['close', 'upgrade', 'keep-alive, x'],
  'Keep-Alive': ['timeout=1'],
  Expect: ['100-continue', 'x'],
  Upgrade: ['websocket', 'h2c'],
  'Accept-Encoding': ['gzip, br', 'identity;q=0'],
  TE: ['trailers'],
  Trailer: ['X-A'],
}

scenario('R11.7: headers about connections and lengths do no harm in a request', async ({ request }) => {
  for (const [name, values] of Object.entries(harmful)) {
    for (const value of values) {
      const headers = { [name]: value }
      const parts = await batch(request, [
        { method: 'PUT', path: `/articles/${uuid(1)}`, body: { data: { title: 'whole' } }, headers },
        { path: `/articles/${uuid(1)}`, headers },
        { method: 'POST', path: '/headers', body: { a: 1 }, headers },
        { method: 'DELETE', path: `/articles/${uuid(1)}`, headers },
      ])
      assert.deepEqual(statuses(parts), [201, 200, 200, 200], `${name}: ${value}`)
      assert.equal(parts[1]?.body.data?.title, 'whole')
      assert.deepEqual(parts[2]?.body.body, { a: 1 })
    }
  }
})

scenario('R11.7: a Host in a request concerns the URLs of its answer only', async ({ request }) => {
  for (const host of ['evil.example', 'a b', 'x/foo', 'x/v1/batch?', '[', '', '@', 'a:99999', '\u00ff']) {
    const parts = await batch(request, [
      { path: '/articles', headers: { Host: host } },
      { path: '/articles/', headers: { Host: host } },
      { method: 'PUT', path: `/articles/${uuid(1)}`, headers: { Host: host } },
    ])
    assert.equal(parts[0]?.status, 200, host)
    assert.ok([200, 307].includes(parts[1]?.status ?? 0), host)
    assert.ok([200, 201].includes(parts[2]?.status ?? 0), host)
  }
})

scenario('R11.7: a request cannot pretend to be something else by odd header names', async ({ request }) => {
  for (const name of [':path', ':authority', ':method']) {
    assert.equal((await post(request, { requests: [{ path: '/', headers: { [name]: 'x' } }] })).status, 400, name)
  }
  for (const name of [
    'X-HTTP-Method-Override',
    'X-Original-URL',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    '__proto__',
    'toString',
    'symbol',
    'cliquet.subrequest',
  ]) {
    const part = await only(request, { path: '/articles', headers: { [name]: 'DELETE' } })
    assert.equal(part.status, 200, name)
  }
})

/** Headers of an answer that a part has as well, but for what changes with time and what only the whole batch has. */
const comparable = (headers: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !['connection', 'keep-alive', 'date', 'transfer-encoding', 'expires', 'x-request-id'].includes(name))
      .map(([name, value]) => [name, value?.trim()]),
  )

scenario('R11.10: a part has the headers of the stand-alone answer, but those of the connection and the id', async ({ request }) => {
  for (const id of [1, 2, 3]) await request('PUT', `/v1/articles/${uuid(id)}`, { body: {} })
  const { headers } = await request('GET', `/v1/articles/${uuid(1)}`)
  const asked: readonly (readonly [string, string, Record<string, string>])[] = [
    ['GET', `/v1/articles/${uuid(1)}`, {}],
    ['GET', `/v1/articles/${uuid(1)}`, { 'If-None-Match': headers.etag ?? '' }],
    ['GET', '/v1/articles?_limit=1', {}],
    ['GET', '/v1/articles', { Origin: 'https://a.example' }],
    ['HEAD', '/v1/articles?_limit=2', {}],
    ['GET', '/v1/articles/none', {}],
    ['GET', '/v1/', {}],
    ['GET', '/v1/many', {}],
    ['PATCH', `/v1/articles/${uuid(1)}`, { 'If-Match': '"1"' }],
    ['POST', `/v1/articles/${uuid(1)}`, {}],
    ['GET', '/v1/articles', { Authorization: '' }],
  ]
  for (const [method, path, own] of asked) {
    const alone: Received = await request(method, path, { headers: own })
    const part = await only(request, { method, path, headers: own })
    assert.equal(part.status, alone.status, path)
    const { 'next-page': next, ...others } = comparable(alone.headers)
    const { 'next-page': partNext, ...partOthers } = comparable(part.headers)
    assert.deepEqual(partOthers, others, `${method} ${path}`)
    assert.equal(partNext?.split('_token')[0], next?.split('_token')[0])
    if (method !== 'HEAD' && alone.status !== 304) assert.deepEqual(part.body, alone.body)
    for (const value of Object.values(part.headers)) assert.equal(typeof value, 'string')
  }
})

test('R11.10: Alert, Backoff and Retry-After are in parts as in stand-alone answers', async () => {
  const settings = { eos: '2999-01-01', eos_message: 'soon', backoff: 12 }
  const { request } = await openService({ prepare, settings })
  const alone = await request('GET', '/v1/articles')
  const answer = await post(request, { requests: [{ path: '/articles' }] })
  const part = await only(request, { path: '/articles' })
  assert.ok(alone.headers.alert)
  assert.deepEqual([part.headers.alert, part.headers.backoff], [alone.headers.alert, '12'])
  assert.deepEqual([answer.headers.alert, answer.headers.backoff], [alone.headers.alert, '12'])
})

scenario('R11.10 R12.42: no header of an answer has what could end a line', async ({ request }) => {
  const names = ['a%0d%0aX-Injected:%201', 'é', '%E2%98%83', 'a%00']
  for (const name of names) {
    for (const path of [`/articles/${name}`, `/${name}/`, `/articles?title=${name}&_limit=1`, `/../${name}`]) {
      const { headers, status } = await only(request, { path })
      assert.ok(status < 500, path)
      for (const value of Object.values(headers)) assert.doesNotMatch(value, /[\r\n\0]/)
      assert.equal(headers['x-injected'], undefined)
    }
  }
})
