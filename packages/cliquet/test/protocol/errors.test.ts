import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackendError, HttpError, type Service, Type } from '../../src/index.ts'
import { openService, type Received, type Sent } from './service-under-test.ts'

const failures: Readonly<Record<string, () => unknown>> = {
  own: () =>
    new HttpError(507, { message: 'The quota is used up.', errno: 150, info: 'https://docs.example/quota', details: { quota: 3 } }),
  bare: () => new HttpError(402),
  odd: () => Object.assign(new TypeError('I am a teapot'), { statusCode: 418 }),
  empty: () => new HttpError(400, { message: 'Nothing', details: [] }),
  bug: () => new TypeError('secret: cannot read properties of undefined'),
  text: () => 'secret text',
  backend: () => new BackendError('secret connection string'),
  many: () => new HttpError(429, { errno: 117, message: 'Slow down.', headers: { 'retry-after': '7' } }),
}

const prepare = (service: Service): void => {
  const schema = { name: Type.String(), size: Type.Optional(Type.Number()) }
  service.resource('book', { schema: { ...schema, url: Type.Optional(Type.URL()) } })
  service.resource('strict', { schema, preserveUnknown: false })
  service.resource('shelf', { shared: true, schema: { label: Type.String({ default: '' }) } })
  service.resource('failure', {
    schema: { kind: Type.String() },
    processRecord({ kind }) {
      throw failures[kind]?.()
    },
  })
}

const { request, service, raw } = await openService({
  prepare,
  settings: { error_info_link: 'https://docs.example/errors', retry_after_seconds: 13 },
})
const id = '5a0e3a3e-7c50-4d0a-9f6e-0c1f6a3c1111'
const fail = (kind: string): Promise<Received> => request('POST', '/v1/failures', { body: { data: { kind } } })

/** The faults of a 400, 406 or 415. */
const details = ({ body }: Received): unknown => body.details

test('R3.1 R3.2 R3.3: every error has its status, errno, reason and message, and no key without a value', async () => {
  const { timestamp } = await request('GET', '/v1/books')
  const cases: [string, string, Sent, object][] = [
    [
      'GET',
      '/v1/books',
      { auth: null },
      { code: 401, errno: 104, error: 'Unauthorized', message: 'Please authenticate yourself to use this endpoint.' },
    ],
    ['GET', '/v1/shelfs', {}, { code: 403, errno: 121, error: 'Forbidden', message: 'This user cannot access this resource.' }],
    ['GET', '/v1/none', {}, { code: 404, errno: 111, error: 'Not Found', message: 'The resource you are looking for could not be found.' }],
    ['PATCH', '/v1/books', {}, { code: 405, errno: 115, error: 'Method Not Allowed', message: 'Method not allowed on this endpoint.' }],
    [
      'POST',
      '/v1/books',
      { body: { data: { name: 'a' } }, headers: { 'if-match': `"${timestamp - 1}"` } },
      { code: 412, errno: 114, error: 'Precondition Failed', message: 'Resource was modified meanwhile' },
    ],
  ]
  for (const [method, path, sent, expected] of cases) {
    const answer = await request(method, path, sent)
    assert.deepEqual(answer.body, expected, `${method} ${path}`)
    assert.equal(answer.status, answer.body.code)
    assert.equal(answer.headers['content-type'], 'application/json')
  }
})

test('R3.4: an error of the application is sent unchanged', async () => {
  assert.deepEqual((await fail('own')).body, {
    code: 507,
    errno: 150,
    error: 'Insufficient Storage',
    message: 'The quota is used up.',
    info: 'https://docs.example/quota',
    details: { quota: 3 },
  })
  assert.equal((await fail('many')).headers['retry-after'], '7')
})

test('R3.20: any other HTTP error of the application has the same envelope, errno 999', async () => {
  assert.deepEqual((await fail('bare')).body, { code: 402, errno: 999, error: 'Payment Required' })
  assert.deepEqual((await fail('odd')).body, { code: 418, errno: 999, error: "I'm a Teapot", message: 'I am a teapot' })
  assert.deepEqual((await fail('empty')).body, { code: 400, errno: 999, error: 'Bad Request', message: 'Nothing' })
})

test('R3.18 R3.19: an unexpected error is 500 without its text, with the link of the settings and Retry-After', async () => {
  for (const kind of ['bug', 'text']) {
    const answer = await fail(kind)
    assert.deepEqual(answer.body, {
      code: 500,
      errno: 999,
      error: 'Internal Server Error',
      message: 'A programmatic error occurred, developers have been informed.',
      info: 'https://docs.example/errors',
    })
    assert.equal(answer.headers['retry-after'], '13')
  }
  assert.deepEqual((await request('GET', '/v1/failures')).records, [])
})

test('R3.18 R3.19: a backend that is unavailable is 503 errno 201 with Retry-After', async () => {
  const answer = await fail('backend')
  assert.deepEqual(answer.body, {
    code: 503,
    errno: 201,
    error: 'Service Unavailable',
    message: 'Service temporary unavailable due to overloading or maintenance, please retry later.',
  })
  assert.equal(answer.headers['retry-after'], '13')
})

test('R3.19: a storage that fails is 503, and the next request works again', async () => {
  const { storage } = service.app
  const { list } = storage
  storage.list = async () => {
    throw new BackendError('secret')
  }
  const failed = await request('GET', '/v1/books')
  storage.list = list
  assert.deepEqual([failed.status, failed.headers['retry-after']], [503, '13'])
  assert.equal((await request('GET', '/v1/books')).status, 200)
})

test('R3.5 R3.6: faults are sorted by name, and the message is made of the first', async () => {
  const answer = await request('POST', '/v1/books', { body: { data: { url: 'no url', size: 'abc', name: 42 } } })
  assert.equal(answer.status, 400)
  assert.equal(answer.body.error, 'Invalid parameters')
  const faults = details(answer)
  assert.ok(Array.isArray(faults))
  assert.deepEqual(
    faults.map(({ location, name }) => [location, name]),
    [
      ['body', 'data.name'],
      ['body', 'data.size'],
      ['body', 'data.url'],
    ],
  )
  const { name, location, description } = faults[0]
  assert.equal(answer.body.message, description.includes(name) ? description : `${name} in ${location}: ${description}`)
})

test('R3.6: a fault without a name is told after its location', async () => {
  const answer = await request('GET', '/v1/books/not-an-id')
  assert.equal(answer.body.message, 'path: Invalid object id')
  assert.deepEqual(details(answer), [{ location: 'path', name: null, description: 'Invalid object id' }])
})

test('R3.7: each kind of fault has its place', async () => {
  const cases: [string, string, Sent, string, string | null, RegExp][] = [
    ['POST', '/v1/books', { body: { data: {} } }, 'body', 'data.name', /^Required$/],
    ['POST', '/v1/books', { body: {} }, 'body', 'data', /^Required$/],
    ['POST', '/v1/books', {}, 'body', 'data', /^Required$/],
    ['POST', '/v1/books', { body: { data: { name: 42 } } }, 'body', 'data.name', /42 is not a string/],
    ['POST', '/v1/books', { body: { data: { name: 'a', size: 'abc' } } }, 'body', 'data.size', /"abc" is not a number/],
    ['POST', '/v1/books', { body: { data: { name: 'a' }, foo: 1 } }, 'body', '', /Unrecognized keys in mapping: "\{'foo': 1\}"/],
    ['POST', '/v1/books', { body: { data: [] } }, 'body', 'data', /is not a mapping type/],
    ['POST', '/v1/books', { body: [] }, 'body', '', /is not a mapping type/],
    ['PUT', `/v1/books/${id}`, { body: { data: null } }, 'body', 'data', /./],
    ['POST', '/v1/shelfs', { body: { data: {}, permissions: { read: 'book' } } }, 'body', 'permissions.read', /"book" is not iterable/],
    ['POST', '/v1/shelfs', { body: { data: {}, permissions: { unk: [] } } }, 'body', 'permissions', /"unk" is not one of read, write/],
    [
      'GET',
      '/v1/books',
      { headers: { 'if-none-match': 'abc' } },
      'header',
      'If-None-Match',
      /^The value should be integer between double quotes\.$/,
    ],
    [
      'GET',
      '/v1/books',
      { headers: { 'if-match': 'W/"1"' } },
      'header',
      'If-Match',
      /^The value should be integer between double quotes\.$/,
    ],
    ['GET', '/v1/stricts?foo=1', {}, 'querystring', 'foo', /^Unknown filter field 'foo'$/],
    ['GET', '/v1/books?_since=abc', {}, 'querystring', '_since', /./],
    ['GET', '/v1/books?name=%00', {}, 'querystring', 'name', /^Invalid character 0x00$/],
    ['GET', '/v1/stricts?_sort=foo', {}, 'querystring', null, /^Unknown sort field 'foo'$/],
    ['GET', '/v1/books?_limit=abc', {}, 'querystring', '_limit', /^"abc" is not a number$/],
    ['GET', '/v1/books?_limit=-1', {}, 'querystring', '_limit', /^-1 is less than minimum value 0$/],
    ['GET', '/v1/books?_token=abc', {}, 'querystring', null, /^_token has invalid content$/],
    ['GET', '/v1/stricts?_fields=zz', {}, 'body', 'Invalid _fields parameter', /^Fields zz do not exist$/],
    ['PUT', `/v1/books/${id}`, { body: { data: { name: 'a', id: 'other' } } }, 'body', 'id', /^Object id does not match existing object$/],
    ['DELETE', '/v1/books', { body: 'no json' }, 'body', '', /^Invalid JSON/],
  ]
  const open = await openService({ prepare, settings: { shelf_create_principals: 'system.Authenticated' } })
  for (const [method, path, sent, location, name, description] of cases) {
    const answer = await open.request(method, path, sent)
    const label = `${method} ${path} ${JSON.stringify(sent)}: ${answer.text}`
    assert.deepEqual([answer.status, answer.body.errno, answer.body.error], [400, 107, 'Invalid parameters'], label)
    const faults = details(answer)
    assert.ok(Array.isArray(faults))
    assert.deepEqual([faults[0].location, faults[0].name], [location, name], label)
    assert.match(faults[0].description, description, label)
  }
})

test('R3.8: faults of header, query string and body are reported together', async () => {
  const answer = await request('POST', '/v1/books', { headers: { 'if-match': 'abc' }, body: { data: { name: 1, size: 'x' }, foo: 1 } })
  const faults = details(answer)
  assert.ok(Array.isArray(faults))
  assert.deepEqual(
    faults.map(({ name }) => name),
    ['', 'If-Match', 'data.name', 'data.size'],
  )
  const listed = await request('GET', '/v1/books?_limit=abc&_since=x', { headers: { 'if-none-match': 'abc' } })
  const others = details(listed)
  assert.ok(Array.isArray(others))
  assert.deepEqual(
    others.map(({ name }) => name),
    ['If-None-Match', '_limit', '_since'],
  )
})

test('R3.10: 401 has a challenge for every policy', async () => {
  const policies = [{ name: 'token', challenge: 'Token realm="Realm"', authenticate: () => undefined }]
  const both = await openService({ prepare, policies, settings: { 'multiauth.policies': 'token basicauth' } })
  for (const path of ['/v1/books', '/v1/shelfs', `/v1/books/${id}`]) {
    for (const method of ['GET', 'DELETE']) {
      const answer = await both.request(method, path, { auth: null })
      assert.deepEqual([answer.status, answer.body.errno], [401, 104], `${method} ${path}`)
      assert.equal(answer.headers['www-authenticate'], 'Token realm="Realm", Basic realm="Realm"')
    }
  }
  const text = await both.raw('GET /v1/books HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  assert.equal(text.match(/^www-authenticate: /gim)?.length, 2)
})

test('R3.11: who is logged in and not permitted gets 403, who is not 401', async () => {
  for (const [auth, status] of [
    ['mat:secret', 403],
    [null, 401],
  ] as const) {
    assert.equal((await request('POST', '/v1/shelfs', { auth, body: { data: {} } })).status, status)
    assert.equal((await request('GET', '/v1/shelfs', { auth })).status, status)
    assert.equal((await request('PUT', `/v1/shelfs/${id}`, { auth, body: { data: {} } })).status, status)
  }
})

test('R3.12: a record that does not exist is 404 errno 110 with details and no message', async () => {
  for (const method of ['GET', 'DELETE', 'PATCH']) {
    const answer = await request(method, `/v1/books/${id}`, method === 'PATCH' ? { body: { data: { size: 1 } } } : {})
    assert.deepEqual(answer.body, { code: 404, errno: 110, error: 'Not Found', details: { id, resource_name: 'book' } })
  }
})

test('R3.13: 405 lists the methods of the endpoint, before authentication', async () => {
  const list = await request('PUT', '/v1/books', { auth: null, body: 'no json' })
  assert.deepEqual([list.status, list.headers.allow?.split(', ').sort()], [405, ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST']])
  const record = await request('POST', `/v1/books/${id}`, { auth: null })
  assert.deepEqual([record.status, record.headers.allow?.split(', ').sort()], [405, ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'PUT']])
  for (const method of ['PROPFIND', 'TRACE', 'SEARCH', 'MKCOL', 'PURGE']) {
    const answer = await request(method, '/v1/books', { auth: null })
    assert.deepEqual([answer.status, answer.body.errno], [405, 115], method)
  }
})

test('R3.13: a method that settings disable is 405 and absent from Allow', async () => {
  const settings = {
    plural_book_delete_enabled: false,
    object_book_put_enabled: 'false',
    collection_strict_post_enabled: 'no',
    record_strict_get_enabled: 0,
  }
  const closed = await openService({ prepare, settings: { ...settings, record_strict_get_enabled: 'off' } })
  const list = await closed.request('DELETE', '/v1/books')
  assert.deepEqual([list.status, list.headers.allow], [405, 'GET, HEAD, OPTIONS, POST'])
  const record = await closed.request('PUT', `/v1/books/${id}`, { body: { data: { name: 'a' } } })
  assert.deepEqual([record.status, record.headers.allow], [405, 'DELETE, GET, HEAD, OPTIONS, PATCH'])
  assert.equal((await closed.request('POST', '/v1/stricts', { body: { data: { name: 'a' } } })).status, 405)
  assert.equal((await closed.request('GET', `/v1/stricts/${id}`)).status, 405)
  assert.equal((await closed.request('GET', '/v1/stricts')).status, 200)
})

test('R3.14: an Accept that excludes JSON is 406, before authentication', async () => {
  const fault = { location: 'header', name: 'Accept', description: "Accept header should be one of ['application/json']" }
  for (const accept of [
    'text/plain',
    'application/json;q=0',
    'application/json;q=0, */*',
    'text/*',
    'application/xml, text/html;q=0.9',
    'application/*;q=0',
  ]) {
    const answer = await request('GET', '/v1/books', { auth: null, headers: { accept } })
    assert.equal(answer.status, 406, accept)
    assert.deepEqual([answer.body.errno, answer.body.error, answer.body.details], [107, 'Invalid parameters', [fault]])
  }
})

test('R3.14: an Accept that allows JSON, or that can’t be parsed, is accepted', async () => {
  for (const accept of [
    '*/*',
    'application/*',
    'text/html, application/json;q=0.1',
    'APPLICATION/JSON; charset=utf-8',
    '*/*;q=0.01',
    '',
    'nonsense',
    ';;;',
    'text/plain, */*;q=0.5',
  ]) {
    assert.equal((await request('GET', '/v1/books', { headers: { accept } })).status, 200, accept)
  }
})

test('R3.15: another Content-Type is 415 that lists the right ones, before authentication', async () => {
  const json = "Content-Type header should be one of ['application/json']"
  const patch = "Content-Type header should be one of ['application/json', 'application/merge-patch+json', 'application/json-patch+json']"
  for (const [method, path, description] of [
    ['POST', '/v1/books', json],
    ['PUT', `/v1/books/${id}`, json],
    ['PATCH', `/v1/books/${id}`, patch],
  ] as const) {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'nonsense',
      'application/jsonx',
      'application/vnd.api+json',
    ]) {
      const answer = await request(method, path, { auth: null, headers: { 'content-type': type }, body: 'a=b' })
      assert.equal(answer.status, 415, `${method} ${type}`)
      assert.deepEqual(details(answer), [{ location: 'header', name: 'Content-Type', description }])
      assert.equal(answer.body.errno, 107)
    }
  }
})

test('R3.15 R0.5: Content-Type is compared without parameters and case, and ignored where there is no body to read', async () => {
  const body = { data: { name: 'a' } }
  for (const type of [
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json;charset=latin1',
    'application/json ; x=y',
    undefined,
  ]) {
    assert.equal((await request('POST', '/v1/stricts', { headers: { 'content-type': type }, body })).status, 201, type)
  }
  for (const type of ['text/plain', 'application/json', 'image/png', 'nonsense']) {
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      assert.equal((await request(method, '/v1/stricts', { headers: { 'content-type': type } })).status, 200, `${method} ${type}`)
    }
  }
})

test('R3.16: a conflict is 409, a failed precondition 412 and an ended service 410', async () => {
  const unique = await openService({
    prepare: (added) => void added.resource('name', { schema: { text: Type.String() }, uniqueFields: ['text'] }),
  })
  await unique.request('PUT', `/v1/names/${id}`, { body: { data: { text: 'a' } } })
  const conflict = await unique.request('PUT', `/v1/names/${id.replace('5', '6')}`, { body: { data: { text: 'a' } } })
  assert.deepEqual([conflict.status, conflict.body.errno, conflict.body.error], [409, 122, 'Conflict'])
  const failed = await unique.request('PUT', `/v1/names/${id}`, { body: { data: { text: 'a' } }, headers: { 'if-none-match': '*' } })
  assert.deepEqual([failed.status, failed.body.errno], [412, 114])
  const ended = await openService({ settings: { eos: '2020-01-01' } })
  const gone = await ended.request('GET', '/v1/')
  assert.deepEqual(gone.body, {
    code: 410,
    errno: 202,
    error: 'Gone',
    message: 'The service you are trying to connect no longer exists at this location.',
  })
})

test('R3.1 R12.40: what is no HTTP, or has too long headers, is refused in the same envelope', async () => {
  const cases: [string, number, number][] = [
    ['FLY /v1/books HTTP/1.1\r\nHost: a\r\n\r\n', 400, 107],
    ['nonsense\r\n\r\n', 400, 107],
    ['POST /v1/books HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n', 400, 107],
    [`GET /v1/books HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 999],
  ]
  for (const [bytes, status, errno] of cases) {
    const [head = '', body = ''] = (await raw(bytes)).split('\r\n\r\n')
    assert.ok(head.startsWith(`HTTP/1.1 ${status} `), head)
    assert.match(head, /^content-type: application\/json$/im)
    assert.match(head, /^x-content-type-options: nosniff$/im)
    const { code, errno: number, message } = JSON.parse(body)
    assert.deepEqual([code, number, typeof message], [status, errno, 'string'])
  }
})
