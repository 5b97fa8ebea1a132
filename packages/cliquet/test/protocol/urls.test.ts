import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Service, Type } from '../../src/index.ts'
import { createHeldClock } from '../../src/testing/index.ts'
import { openService } from './service-under-test.ts'

const articles = (service: Service): void => {
  service.resource('article', { schema: { title: Type.String() } })
}

const notFound = { code: 404, errno: 111, error: 'Not Found', message: 'The resource you are looking for could not be found.' }
const unavailable = { code: 404, errno: 116, error: 'Not Found', message: 'The requested API version is not available on this server.' }

const open = await openService({ prepare: articles })
const { request, inject, raw, host } = open

test('R1.1: the API version is the first two parts of the project version, and the prefix v and its first part', async () => {
  const early = await openService({ version: '0.0.1' })
  const hello = await early.request('GET', '/v0/')
  assert.equal(hello.status, 200)
  assert.equal(hello.body.http_api_version, '0.0')
  assert.equal(hello.body.project_version, '0.0.1')
})

test('R1.1 R1.3: http_api_version says what clients see, whatever the project version is', async () => {
  const service = await openService({ version: '7.3.1', settings: { http_api_version: '1.23' } })
  const hello = await service.request('GET', '/v1/')
  assert.deepEqual([hello.body.http_api_version, hello.body.project_version], ['1.23', '7.3.1'])
  assert.match(String(hello.body.url), /\/v1\/$/)
  assert.equal((await service.request('GET', '/v7/')).body.errno, 116)
})

test('R1.2: no endpoint answers outside the prefix', async () => {
  for (const path of ['/', '/articles', '/__heartbeat__', '/__lbheartbeat__', '/__version__', '/batch']) {
    assert.equal((await request('GET', path)).status, 307, path)
  }
})

test('R1.4: a URL without version is redirected with its query byte for byte', async () => {
  for (const query of ['', '?', '?_since=42', '?a=%2F&b=c+d&&=&%zz', '?next=http://evil.example/?x', '?q=\'"<>']) {
    const answer = await request('GET', `/articles${query}`, { auth: null })
    assert.equal(answer.status, 307)
    assert.equal(answer.headers.location, `http://${host}/v1/articles${query}`)
  }
})

test('R1.4: every method is redirected, unknown paths too, without authentication', async () => {
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    for (const path of ['/articles', '/no/such/thing', '/', '/version', '/v', '/vx1/articles']) {
      const answer = await request(method, path, { auth: null, ...(method === 'POST' ? { body: { data: {} } } : {}) })
      assert.equal(answer.status, 307, `${method} ${path}`)
      assert.equal(answer.headers.location, `http://${host}/v1${path}`)
    }
  }
})

test('R1.4: the same holds without a socket, and for a body that is not JSON', async () => {
  for (const send of [request, inject]) {
    const answer = await send('POST', '/articles?a=b', { body: 'no json', headers: { 'content-type': 'text/plain' } })
    assert.equal(answer.status, 307)
    assert.match(String(answer.headers.location), /\/v1\/articles\?a=b$/)
  }
})

test('R1.5: OPTIONS on a URL without version is answered 200 with CORS headers and no body', async () => {
  const answer = await request('OPTIONS', '/articles', {
    headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
    auth: null,
  })
  assert.equal(answer.status, 200)
  assert.equal(answer.text, '')
  assert.equal(answer.headers['access-control-allow-origin'], '*')
  assert.equal(answer.headers.location, undefined)
})

test('R1.5: OPTIONS on a URL without version needs no headers', async () => {
  const answer = await request('OPTIONS', '/articles', { auth: null })
  assert.deepEqual([answer.status, answer.text], [200, ''])
})

test('R1.6: the redirection to the version says nothing of caching unless the setting does', async () => {
  const plain = await request('GET', '/articles')
  assert.deepEqual([plain.headers['cache-control'], plain.headers.expires], [undefined, undefined])
  const clock = createHeldClock(Date.UTC(2026, 0, 1))
  const service = await openService({ clock, settings: { version_prefix_redirect_ttl_seconds: 60 } })
  const cached = await service.request('GET', '/articles')
  assert.equal(cached.headers['cache-control'], 'max-age=60')
  assert.equal(cached.headers.expires, 'Thu, 01 Jan 2026 00:01:00 GMT')
})

test('R1.7: without the redirection URLs without version are 404 errno 116', async () => {
  const service = await openService({ settings: { version_prefix_redirect_enabled: false } })
  for (const path of ['/', '/articles', '/articles/']) {
    const answer = await service.request('GET', path)
    assert.deepEqual([answer.status, answer.body], [404, unavailable])
  }
})

test('R1.8: a path with a control character is never redirected', async () => {
  for (const path of ['/articles%0A', '/a%0D%0ASet-Cookie:x', '/%00', '/%1f', '/%7F', '/x%0alocation:']) {
    const answer = await request('GET', path)
    assert.equal(answer.status, 404, path)
    assert.equal(answer.headers.location, undefined)
  }
  const other = await request('GET', '/caf%C3%A9')
  assert.equal(other.headers.location, `http://${host}/v1/caf%C3%A9`)
})

test('R1.8: no path leads to another server', async () => {
  for (const path of [
    '//evil.example/',
    '///evil.example',
    '/\\evil.example',
    '/@evil.example',
    '/.evil.example',
    '//evil.example/%2e%2e',
  ]) {
    const answer = await request('GET', path)
    if (answer.status === 307) assert.ok(answer.headers.location?.startsWith(`http://${host}/v1/`), answer.headers.location)
    else assert.ok(answer.status >= 400 && answer.status < 500, path)
  }
  for (const target of ['http://evil.example/articles', '*', 'articles', 'evil.example/a']) {
    const text = await raw(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    const location = /^location: (.*)$/im.exec(text)?.[1]
    if (location !== undefined) assert.ok(location.startsWith(`http://${host}/v1/`), `${target}: ${location}`)
    assert.doesNotMatch(text, /^HTTP\/1.1 5/)
  }
})

test('R1.9: another version is 404 errno 116, compared on the whole segment', async () => {
  for (const path of ['/v3/articles', '/v10/articles', '/v0', '/v11', '/v01/', '/v3/articles/', '/v10?a=b']) {
    const answer = await request('GET', path)
    assert.deepEqual([answer.status, answer.body], [404, unavailable], path)
  }
})

test('R1.10: an unknown path below the prefix is 404 errno 111', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'HEAD']) {
    const answer = await request(method, '/v1/nothing', { auth: null })
    assert.equal(answer.status, 404)
    if (method !== 'HEAD') assert.deepEqual(answer.body, notFound)
  }
})

test('R1.11 R1.12: a trailing slash is redirected away, cacheable for an hour', async () => {
  for (const [path, target] of [
    ['/v1/articles/?a=b', '/v1/articles?a=b'],
    ['/v1/articles///', '/v1/articles'],
    ['/v1/no-such-thing/', '/v1/no-such-thing'],
    ['/v1/articles/abc/', '/v1/articles/abc'],
    ['/v1?a=b', '/v1/?a=b'],
    ['/v1', '/v1/'],
  ]) {
    const answer = await request('GET', path ?? '', { auth: null })
    assert.equal(answer.status, 307, path)
    assert.equal(answer.headers.location, `http://${host}${target}`)
    assert.equal(answer.headers['cache-control'], 'max-age=3600')
    assert.ok(answer.headers.expires)
  }
})

test('R1.11: a route declared with a trailing slash is served, and hello never redirected', async () => {
  const service = await openService({
    prepare: ({ app }) => void app.register(async (scope) => scope.get('/v1/own/', async () => ({ own: true }))),
  })
  assert.deepEqual((await service.request('GET', '/v1/own/')).body, { own: true })
  assert.equal((await service.request('GET', '/v1/')).status, 200)
  assert.equal((await service.request('GET', '/v1/?a=b')).status, 200)
})

test('R1.12: −1 removes the caching headers of that redirection', async () => {
  const service = await openService({ settings: { trailing_slash_redirect_ttl_seconds: -1 } })
  const answer = await service.request('GET', '/v1/articles/')
  assert.equal(answer.status, 307)
  assert.deepEqual([answer.headers['cache-control'], answer.headers.expires], [undefined, undefined])
})

test('R1.13: without that redirection a trailing slash is 404 errno 111', async () => {
  const service = await openService({ prepare: articles, settings: { trailing_slash_redirect_enabled: false } })
  for (const path of ['/v1', '/v1/articles/', '/v1/nothing/']) {
    const answer = await service.request('GET', path)
    assert.deepEqual([answer.status, answer.body], [404, notFound], path)
  }
})

test('R1.14: both redirections carry the CORS and security headers, Backoff and Alert', async () => {
  const service = await openService({ settings: { backoff: 10, eos: '2999-01-01' } })
  for (const path of ['/articles', '/v1/articles/']) {
    const { status, headers } = await service.request('GET', path, { headers: { origin: 'https://a.example' } })
    assert.equal(status, 307)
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.match(String(headers['content-security-policy']), /default-src 'none'/)
    assert.equal(headers.backoff, '10')
    assert.match(String(headers.alert), /soft-eol/)
  }
})

test('R1.15: absolute URLs take the Host header, and the settings before it; default ports are left out', async () => {
  const hosts: [Record<string, string>, string, string][] = [
    [{}, 'api.example', 'http://api.example/v1/'],
    [{}, 'api.example:80', 'http://api.example/v1/'],
    [{}, 'api.example:8080', 'http://api.example:8080/v1/'],
    [{ http_scheme: 'https' }, 'api.example:443', 'https://api.example/v1/'],
    [{ http_scheme: 'https', http_host: 'public.example' }, 'inner:8888', 'https://public.example/v1/'],
  ]
  for (const [settings, name, url] of hosts) {
    const service = await openService({ settings })
    const headers = { host: name, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp', forwarded: 'host=evil.example' }
    assert.equal((await service.request('GET', '/v1/', { headers })).body.url, url)
    assert.equal((await service.request('GET', '/articles', { headers })).headers.location, `${url}articles`)
  }
})

test('R1.15: a client of HTTP/1.0 without Host gets URLs of the address it has called', async () => {
  const text = await raw('GET /articles HTTP/1.0\r\n\r\n')
  assert.match(text, new RegExp(`^location: http://${host}/v1/articles\r$`, 'm'))
})

test('R1.16: a path that is not UTF-8 is refused', async () => {
  for (const path of ['/v1/articles/%FF', '/v1/%E9t%E9', '/%C3%28', '/v1/articles/%zz', '/v1/%', '/v1/%ED%A0%80']) {
    for (const send of [request, inject]) {
      const answer = await send('GET', path)
      assert.deepEqual(
        [answer.status, answer.body],
        [400, { code: 400, errno: 107, error: 'Bad Request', message: 'Invalid URL path.' }],
        path,
      )
      assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    }
  }
})

test('R1.16: a path that is not UTF-8 is refused with the CORS headers (R12.22)', async () => {
  const answer = await request('GET', '/v1/articles/%FF', { headers: { origin: 'https://a.example' } })
  assert.equal(answer.headers['access-control-allow-origin'], '*')
})

test('R1.16: a query string that is not UTF-8 is refused', async () => {
  for (const path of ['/v1/articles?name=%E9', '/v1/?%FF=1', '/v1/articles?_sort=%C3%28', '/articles?a=%FF', '/v1/nothing?a=%ff']) {
    const answer = await request('GET', path)
    assert.equal(answer.status, 400, path)
    assert.deepEqual([answer.body.errno, answer.body.error], [107, 'Bad Request'])
    assert.match(String(answer.body.message), /query string.*incorrect encoding.*UTF-8/)
  }
})

test('R1.16: paths and query strings with bytes beyond ASCII never break the server', async () => {
  for (const bytes of ['é', '\xff', '\xc3\xa9', '\x00']) {
    for (const target of [`/v1/articles/${bytes}`, `/v1/articles?a=${bytes}`, `/${bytes}`]) {
      const text = await raw(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 'latin1'))
      assert.match(text, /^HTTP\/1.1 (400|404|307|401)/, JSON.stringify(target))
    }
  }
})
