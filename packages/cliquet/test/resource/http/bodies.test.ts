import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import { detailsOf, ownFields, places, scenarios, uuid } from './scenario.ts'

function prepare(service: Service): void {
  service
    .resource('note', { schema: { text: Type.Optional(Type.String()), state: Type.String({ default: 'new' }) } })
    .resource('paper', { schema: { title: Type.String(), pages: Type.Integer({ default: 1 }) } })
    .resource('sheet', { schema: { text: Type.Optional(Type.String()) }, shared: true })
}

const scenario = await scenarios({ prepare, settings: { sheet_create_principals: 'system.Authenticated' } })
const paths = (word: string) => [`/v1/notes/${uuid(1)}`, `/v1/${word}`]

scenario('R5.6: any key beside data and permissions is refused', async ({ request }) => {
  for (const [method, path] of [
    ['POST', '/v1/sheets'],
    ['PUT', `/v1/sheets/${uuid(1)}`],
  ] as const) {
    const answer = await request(method, path, { body: { data: {}, extra: 1 } })
    assert.equal(answer.status, 400)
    assert.deepEqual(places(answer), ['body '])
    assert.match(String(detailsOf(answer)[0]?.description), /^Unrecognized keys in mapping/)
  }
})

scenario('R5.6: data and permissions must be objects, null is none', async ({ request }) => {
  for (const value of [null, 1, 'a', true, []]) {
    const data = await request('POST', '/v1/sheets', { body: { data: value } })
    assert.deepEqual([data.status, places(data)[0]], [400, 'body data'], `data: ${JSON.stringify(value)}`)
    const permissions = await request('POST', '/v1/sheets', { body: { data: {}, permissions: value } })
    assert.deepEqual([permissions.status, places(permissions)[0]], [400, 'body permissions'], `permissions: ${JSON.stringify(value)}`)
  }
})

scenario('R5.6 R3.9: a body that is no JSON, or neither object nor array, is refused in every writing method', async ({ request }) => {
  await request('PUT', `/v1/notes/${uuid(1)}`, { body: {} })
  for (const [method, path] of [
    ['POST', '/v1/notes'],
    ['PUT', `/v1/notes/${uuid(1)}`],
    ['PATCH', `/v1/notes/${uuid(1)}`],
  ] as const) {
    for (const body of ['{"data"', '{"data": {"a": NaN}}', '{"data": {"a": 1e999}}', 'nul']) {
      const answer = await request(method, path, { body, headers: { 'content-type': 'application/json' } })
      assert.deepEqual([answer.status, answer.body.errno], [400, 107], `${method} ${body}`)
      assert.match(String(answer.body.message), /^Invalid JSON/)
    }
    for (const body of ['1', '"a"', 'true', 'null']) {
      const answer = await request(method, path, { body, headers: { 'content-type': 'application/json' } })
      assert.equal(answer.status, 400, `${method} ${body}`)
    }
    assert.equal((await request(method, path, { body: [] })).status, 400)
  }
})

scenario('R5.7: a missing or empty body equals {} and gets the defaults', async ({ request }) => {
  const json = { 'content-type': 'application/json' }
  for (const sent of [{}, { headers: json }, { body: '', headers: json }, { body: {} }, { body: { data: {} } }]) {
    const answer = await request('POST', '/v1/notes', sent)
    assert.equal(answer.status, 201, JSON.stringify(sent))
    assert.deepEqual(ownFields(answer.record), { state: 'new' })
  }
  const created = await request('PUT', `/v1/notes/${uuid(1)}`)
  assert.equal(created.status, 201)
  assert.deepEqual(ownFields(created.record), { state: 'new' })
  const shared = await request('PUT', `/v1/sheets/${uuid(100)}`, { body: { permissions: { read: ['a'] } } })
  assert.deepEqual([shared.status, ownFields(shared.record)], [201, {}])
})

scenario('R5.7: a missing data is refused where a field is required', async ({ request }) => {
  for (const [method, path] of [
    ['POST', '/v1/papers'],
    ['PUT', `/v1/papers/${uuid(1)}`],
  ] as const) {
    const without = await request(method, path, { body: {} })
    assert.deepEqual([without.status, places(without)], [400, ['body data']])
    assert.equal(detailsOf(without)[0]?.description, 'Required')
    const empty = await request(method, path, { body: { data: {} } })
    assert.deepEqual([empty.status, places(empty)], [400, ['body data.title']])
  }
})

scenario('R5.8: the body of a GET or HEAD is ignored, whatever it is', async ({ request, word }) => {
  await request('PUT', paths(word)[0] ?? '', { body: {} })
  for (const path of [`/v1/notes/${uuid(1)}`, '/v1/notes']) {
    for (const body of ['no json', '{}', '[1]', '']) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await request(method, path, { body, headers: { 'content-type': 'application/json' } })
        assert.equal(answer.status, 200, `${method} ${path} ${body}`)
      }
    }
    assert.equal((await request('GET', path, { body: 'x', headers: { 'content-type': 'text/plain' } })).status, 200)
  }
})

scenario('R5.8: the body of a DELETE is ignored unless it is malformed JSON', async ({ request }) => {
  const path = `/v1/notes/${uuid(1)}`
  for (const body of ['{}', '{"data": 1, "x": 2}', '[]', '']) {
    await request('PUT', path, { body: {} })
    const answer = await request('DELETE', path, { body, headers: { 'content-type': 'application/json' } })
    assert.equal(answer.status, 200, `record ${body}`)
    assert.equal((await request('DELETE', '/v1/notes', { body, headers: { 'content-type': 'application/json' } })).status, 200)
  }
  await request('PUT', path, { body: {} })
  for (const target of [path, '/v1/notes']) {
    const answer = await request('DELETE', target, { body: '{"data"', headers: { 'content-type': 'application/json' } })
    assert.equal(answer.status, 400, target)
  }
  assert.equal((await request('GET', path)).status, 200)
})

scenario('R5.9: one record is answered as data and, where it is shared, permissions; a list as data', async ({ request }) => {
  const own = await request('POST', '/v1/notes', { body: { data: { text: 'a' } } })
  assert.deepEqual(Object.keys(own.body), ['data'])
  assert.deepEqual(Object.keys((await request('GET', '/v1/notes')).body), ['data'])
  const shared = await request('POST', '/v1/sheets', { body: { data: { text: 'a' } } })
  const path = `/v1/sheets/${shared.record.id}`
  const answers = [
    shared,
    await request('GET', path),
    await request('PUT', path, { body: { data: {} } }),
    await request('PATCH', path, { body: { data: {} } }),
  ]
  for (const answer of answers) assert.deepEqual(Object.keys(answer.body).toSorted(), ['data', 'permissions'])
  const list = await request('GET', '/v1/sheets')
  assert.ok(list.records.length > 0)
  assert.deepEqual(Object.keys(list.body), ['data'])
})

scenario('R5.10: every answer about one record has its timestamp as ETag, and as Last-Modified to the second', async ({ request }) => {
  const posted = await request('POST', '/v1/notes', { body: {} })
  const path = `/v1/notes/${posted.record.id}`
  const answers = [
    posted,
    await request('PUT', path, { body: { data: {} } }),
    await request('PATCH', path, { body: { data: { text: 'a' } } }),
    await request('GET', path),
    await request('DELETE', path),
  ]
  for (const { headers, record } of answers) {
    assert.equal(headers.etag, `"${record.last_modified}"`)
    assert.equal(headers['last-modified'], new Date(Math.floor(Number(record.last_modified) / 1000) * 1000).toUTCString())
  }
  const put = await request('PUT', path, { body: {} })
  const head = await request('HEAD', path)
  assert.deepEqual([head.headers.etag, head.headers['last-modified']], [put.headers.etag, put.headers['last-modified']])
})

scenario(
  'R0.2 R0.3: text beyond ASCII comes back as it was sent, also as keys, and the last of two equal keys wins',
  async ({ request }) => {
    const text = 'é 漢字 🎈 / \\ " \u2028 %00'
    const sent = { text, ключ: { '🎈/': [text] } }
    const answer = await request('POST', '/v1/notes', { body: { data: sent } })
    assert.deepEqual(ownFields(answer.record), { ...sent, state: 'new' })
    const twice = await request('POST', '/v1/notes', {
      body: '{"data": {"text": "a", "text": "b"}}',
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(twice.record.text, 'b')
  },
)
