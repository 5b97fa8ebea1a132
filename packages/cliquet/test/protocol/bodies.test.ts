import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Service, Type } from '../../src/index.ts'
import { basicAuth, openService, type Received } from './service-under-test.ts'

const prepare = (service: Service): void => {
  service.resource('note', { schema: { text: Type.Optional(Type.Any()) } })
}
const { request, inject, raw } = await openService({ prepare, settings: { max_body_bytes: 1000 } })

const post = (body: unknown, headers = {}): Promise<Received> => request('POST', '/v1/notes', { body, headers })

test('R0.1: every body is JSON with the content type application/json, and 304 and HEAD have none', async () => {
  const { timestamp } = await request('GET', '/v1/notes')
  for (const send of [request, inject]) {
    for (const [method, path] of [
      ['GET', '/v1/'],
      ['GET', '/v1/notes'],
      ['GET', '/v1/none'],
      ['PUT', '/v1/notes'],
      ['GET', '/v1/%FF'],
    ] as const) {
      const answer = await send(method, path)
      assert.equal(answer.headers['content-type'], 'application/json', path)
      assert.ok(answer.body instanceof Object)
    }
    const unchanged = await send('GET', '/v1/notes', { headers: { 'if-none-match': `"${timestamp}"` } })
    assert.deepEqual([unchanged.status, unchanged.text], [304, ''])
    assert.equal((await send('HEAD', '/v1/notes')).text, '')
    assert.equal((await send('HEAD', '/v1/none')).text, '')
  }
})

test('R0.2: texts come back in UTF-8 with plain slashes', async () => {
  const text = 'a/b\\c "d" é € 日本 😀 \u2028 \u0001'
  const answer = await post({ data: { text } })
  assert.equal(answer.status, 201)
  assert.equal(answer.record.text, text)
  assert.ok(answer.text.includes('a/b'))
  assert.equal((await request('GET', '/v1/notes')).records[0]?.text, text)
})

test('R0.3 R3.9: what is no JSON is 400 errno 107 that begins with Invalid JSON', async () => {
  const bodies = [
    '{',
    'no json',
    '{"data": {"text": NaN}}',
    '{"data": {"text": Infinity}}',
    '{"data": {"text": -Infinity}}',
    "{'data': {}}",
    '{"data": {},}',
  ]
  const overflows = ['{"data": {"text": 1e999}}', '{"data": {"text": [-1e400]}}', `{"data": {"text": ${'9'.repeat(400)}}}`]
  const bytes = [Buffer.from('{"data": {"text": "\xe9"}}', 'latin1'), Buffer.from([0xff, 0xfe, 0x7b, 0x7d]), Buffer.from([0])]
  for (const body of [...bodies, ...overflows, ...bytes, '\ufeff{}x', '""x', '{}{}']) {
    for (const [method, path] of [
      ['POST', '/v1/notes'],
      ['PUT', '/v1/notes/5a0e3a3e-7c50-4d0a-9f6e-0c1f6a3c1111'],
    ] as const) {
      const answer = await request(method, path, { body })
      assert.deepEqual([answer.status, answer.body.errno, answer.body.error], [400, 107, 'Invalid parameters'], String(body))
      const details = answer.body.details
      assert.ok(Array.isArray(details))
      assert.deepEqual([details[0].location, details[0].name], ['body', ''])
      assert.match(details[0].description, /^Invalid JSON: /)
      assert.equal(answer.body.message, details[0].description)
    }
  }
})

test('R3.9: JSON that is neither an object nor an array is refused as such', async () => {
  for (const body of ['"text"', '42', 'true', 'null']) {
    const answer = await post(body)
    assert.equal(answer.status, 400)
    const details = answer.body.details
    assert.ok(Array.isArray(details))
    assert.deepEqual(details[0], { location: 'body', name: '', description: 'Should be a JSON object or an array' }, body)
  }
})

test('R0.3: of equal keys the last wins', async () => {
  assert.equal((await post('{"data": {"text": 1}, "data": {"text": 2, "text": 3}}')).record.text, 3)
})

test('R0.3: integers up to 2^53 − 1 are exact, greater ones may lose precision and never fail', async () => {
  assert.equal((await post({ data: { text: Number.MAX_SAFE_INTEGER } })).record.text, 9_007_199_254_740_991)
  for (const number of ['9007199254740993', '-9007199254740993', '1e308', '123456789012345678901234567890', '5e-324', '-0', '1e-999']) {
    const answer = await post(`{"data": {"text": ${number}}}`)
    assert.equal(answer.status, 201, number)
    assert.equal((await request('GET', `/v1/notes/${answer.record.id}`)).record.text, answer.record.text)
  }
})

test('R0.4: header names have no case', async () => {
  for (const name of ['Authorization', 'AUTHORIZATION', 'aUTHORIZATION']) {
    const text = await raw(`GET /v1/notes HTTP/1.1\r\nhOST: a\r\n${name}: ${basicAuth('mat:secret')}\r\ncOnNection: close\r\n\r\n`)
    assert.match(text, /^HTTP\/1.1 200/)
  }
  const condition = `GET /v1/notes HTTP/1.1\r\nHost: a\r\nauthorization: ${basicAuth('mat:secret')}\r\nIF-nOnE-mAtCh: abc\r\nConnection: close\r\n\r\n`
  assert.match(await raw(condition), /^HTTP\/1.1 400/)
})

test('R0.5: JSON Patch is known by its media type with parameters and in any case', async () => {
  const { record } = await post({ data: { text: 'a' } })
  for (const type of ['application/json-patch+json; charset=utf-8', 'Application/JSON-Patch+JSON', 'application/json-patch+json;x="y"']) {
    const operations = [{ op: 'replace', path: '/data/text', value: type }]
    const answer = await request('PATCH', `/v1/notes/${record.id}`, { body: operations, headers: { 'content-type': type } })
    assert.deepEqual([answer.status, answer.record.text], [200, type])
  }
  const merge = { 'content-type': 'application/merge-patch+json ; charset=UTF-8' }
  const answer = await request('PATCH', `/v1/notes/${record.id}`, { body: { data: { text: null } }, headers: merge })
  assert.deepEqual([answer.status, 'text' in answer.record], [200, false])
})

test('R5.7: a missing or empty body equals an empty object', async () => {
  for (const body of [undefined, '', {}]) assert.equal((await post(body)).status, 201)
  assert.equal((await post(undefined, { 'content-type': 'application/json' })).status, 201)
  assert.equal((await post('{}', { 'content-type': undefined })).status, 201)
})

test('R3.17: a body that is too long is 413 errno 113, whoever sends it how, and nothing is written', async () => {
  const before = await request('GET', '/v1/notes')
  const body = JSON.stringify({ data: { text: 'x'.repeat(1000) } })
  const chunked = { 'transfer-encoding': 'chunked' }
  for (const headers of [{}, chunked]) {
    for (const [method, path] of [
      ['POST', '/v1/notes'],
      ['PUT', '/v1/notes/5a0e3a3e-7c50-4d0a-9f6e-0c1f6a3c1111'],
      ['DELETE', '/v1/notes'],
    ] as const) {
      const answer = await request(method, path, { body, headers })
      assert.deepEqual(
        [answer.status, answer.body.errno, answer.body.error],
        [413, 113, 'Payload Too Large'],
        `${method} ${JSON.stringify(headers)}`,
      )
    }
  }
  const after = await request('GET', '/v1/notes')
  assert.deepEqual([after.records.length, after.timestamp], [before.records.length, before.timestamp])
})

test('R3.17: a body as long as allowed is read, also in chunks', async () => {
  const body = JSON.stringify({ data: { text: '' } })
  const longest = JSON.stringify({ data: { text: 'x'.repeat(1000 - body.length) } })
  assert.equal(longest.length, 1000)
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) assert.equal((await post(longest, headers)).status, 201)
  assert.equal((await post(`${longest} `)).status, 413)
})

test('R5.8: bodies of GET, HEAD and DELETE are ignored, unless that of a DELETE is malformed', async () => {
  for (const method of ['GET', 'HEAD']) {
    const text = await raw(`${method} /v1/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\n{"a"`)
    assert.match(text, /^HTTP\/1.1 200/)
  }
  assert.equal((await request('DELETE', '/v1/notes', { body: {} })).status, 200)
  assert.equal((await request('DELETE', '/v1/notes', { body: [1, 2] })).status, 200)
  assert.equal((await request('DELETE', '/v1/notes', { body: '{' })).status, 400)
})
