import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createService } from '../../src/index.ts'
import { createHeldClock } from '../../src/testing/index.ts'
import { backendSettings, openService, temporaryFolder } from './service-under-test.ts'

/** R4.5: what the empty secret makes of `mat:secret`. */
const mat = 'basicauth:8a931a10fc88ab2f6d1cc02a07d3a81b5d4768f6f13e85c5d8d4180419acb1b4'

const plain = await openService({ name: 'reading list', version: '3.14.1', settings: { project_docs: 'https://docs.example/' } })

test('R2.2: hello tells an anonymous client everything but a user', async () => {
  for (const send of [plain.request, plain.inject]) {
    const { status, body } = await send('GET', '/v3/', { auth: null, headers: { host: 'api.example' } })
    assert.equal(status, 200)
    const { capabilities, ...others } = body
    assert.deepEqual(others, {
      project_name: 'reading list',
      project_version: '3.14.1',
      http_api_version: '3.14',
      project_docs: 'https://docs.example/',
      url: 'http://api.example/v3/',
      config: null,
      settings: { batch_max_requests: 25, readonly: false, explicit_permissions: true },
    })
    assert.deepEqual(Object.keys(capabilities ?? {}), ['basicauth'])
  }
})

test('R2.2: hello tells a user who they are, the id first among the principals', async () => {
  const { body } = await plain.request('GET', '/v3/')
  assert.deepEqual(body.user, { id: mat, principals: [mat, 'system.Everyone', 'system.Authenticated'] })
})

test('R2.2: settings and eos are shown as they are set', async () => {
  const settings = { batch_max_requests: 7, readonly: true, explicit_permissions: false, eos: '2999-12-31' }
  const { body } = await (await openService({ settings })).request('GET', '/v1/')
  assert.deepEqual(body.settings, { batch_max_requests: 7, readonly: true, explicit_permissions: false })
  assert.equal(body.eos, '2999-12-31')
})

test('R2.2: capabilities are declared by code, with any attributes, and none is an empty object', async () => {
  const capability = { description: 'Attachments', url: 'https://docs.example/attachments', max_size: 3 }
  const declared = await openService({ capabilities: { attachments: capability }, settings: { 'multiauth.policies': '' } })
  assert.deepEqual((await declared.request('GET', '/v1/')).body.capabilities, { attachments: capability })
  const none = await openService({ settings: { 'multiauth.policies': '' } })
  assert.deepEqual((await none.request('GET', '/v1/')).body.capabilities, {})
})

test('R2.2: a capability that is declared twice is an error at the start', async () => {
  const twice = createService({
    name: 'twice',
    version: '1.0',
    settings: backendSettings(),
    capabilities: { basicauth: { description: 'mine', url: '' } },
  })
  await assert.rejects(twice.ready(), { name: 'ConfigurationError', message: /capability "basicauth" is declared twice/ })
  await twice.close()
})

test('R2.1 R4.3: bad credentials on public endpoints are anonymous, never 401', async () => {
  const service = await openService({ contribution: { name: 'test' } })
  for (const path of ['/v1/', '/v1/__heartbeat__', '/v1/__lbheartbeat__', '/v1/contribute.json']) {
    for (const authorization of ['Basic ????', 'Basic', 'Carrier pigeon', 'Bearer abc', 'Basic bm8gY29sb24=', '']) {
      const { status, body } = await service.request('GET', path, { auth: null, headers: { authorization } })
      assert.equal(status, 200, `${path} ${authorization}`)
      assert.equal(body.user, undefined)
    }
  }
})

test('R2.1: public endpoints answer HEAD without a body, and other methods with 405', async () => {
  const service = await openService({ contribution: { name: 'test' } })
  for (const path of ['/v1/', '/v1/__heartbeat__', '/v1/__lbheartbeat__', '/v1/contribute.json']) {
    const got = await service.request('GET', path, { auth: null })
    const head = await service.request('HEAD', path, { auth: null })
    assert.deepEqual([head.status, head.text], [200, ''])
    assert.equal(head.headers['content-length'], got.headers['content-length'])
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const refused = await service.request(method, path, { auth: null, body: {} })
      assert.deepEqual([refused.status, refused.body.errno], [405, 115], `${method} ${path}`)
      assert.equal(refused.headers.allow, 'GET, HEAD, OPTIONS')
    }
  }
})

test('R2.1: public endpoints take any Accept and any Content-Type', async () => {
  const headers = { accept: 'text/plain', 'content-type': 'image/png' }
  for (const path of ['/v3/', '/v3/__heartbeat__', '/v3/__lbheartbeat__']) {
    assert.equal((await plain.request('GET', path, { headers })).status, 200)
  }
})

test('R2.3: hello is not cacheable, and for anonymous clients of a read-only service cacheable for a day', async () => {
  const clock = createHeldClock(Date.UTC(2026, 0, 1))
  const writable = await plain.request('GET', '/v3/', { auth: null })
  assert.deepEqual([writable.headers['cache-control'], writable.headers.expires], [undefined, undefined])
  const service = await openService({ clock, settings: { readonly: true } })
  const anonymous = await service.request('GET', '/v1/', { auth: null })
  assert.deepEqual([anonymous.headers['cache-control'], anonymous.headers.expires], ['max-age=86400', 'Fri, 02 Jan 2026 00:00:00 GMT'])
  const known = await service.request('GET', '/v1/')
  assert.deepEqual([known.headers['cache-control'], known.headers.expires], [undefined, undefined])
  const short = await openService({ settings: { readonly: 'true', root_cache_expires_seconds: '5' } })
  assert.equal((await short.request('GET', '/v1/', { auth: null })).headers['cache-control'], 'max-age=5')
})

test('R12.9: hello varies by who asks', async () => {
  assert.match(String((await plain.request('GET', '/v3/')).headers.vary), /\bAuthorization\b/)
})

test('R2.6: __version__ shows the version file', async () => {
  const path = join(temporaryFolder(), 'version.json')
  writeFileSync(path, '{\n  "name": "test", "version": "1.0.3", "commit": "abc", "source": "https://src.example", "build": 7\n}\n')
  const { request } = await openService({ settings: { version_json_path: path } })
  const answer = await request('GET', '/v1/__version__', { auth: null })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, { name: 'test', version: '1.0.3', commit: 'abc', source: 'https://src.example', build: 7 })
})

test('R2.6: without a version file __version__ is 404 errno 111', async () => {
  for (const path of [join(temporaryFolder(), 'none.json'), temporaryFolder(), join(temporaryFolder(), 'none', 'version.json')]) {
    const { request } = await openService({ settings: { version_json_path: path } })
    const answer = await request('GET', '/v1/__version__', { auth: null })
    assert.deepEqual([answer.status, answer.body.errno], [404, 111], path)
  }
})

test('R2.6: a version file that is no JSON is an error without its text', async () => {
  const path = join(temporaryFolder(), 'version.json')
  writeFileSync(path, 'secret, but no JSON')
  const { request } = await openService({ settings: { version_json_path: path } })
  const answer = await request('GET', '/v1/__version__', { auth: null })
  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.text, /secret/)
})

test('R2.10: contribute.json tells what the project provides, and is 404 without it', async () => {
  const contribution = { name: 'Test', repository: { url: 'https://src.example', license: 'Apache-2.0' }, keywords: ['sync'] }
  const { request } = await openService({ contribution })
  assert.deepEqual((await request('GET', '/v1/contribute.json', { auth: null })).body, contribution)
  const missing = await plain.request('GET', '/v3/contribute.json')
  assert.deepEqual([missing.status, missing.body.errno], [404, 111])
})

test('R2.11: utility endpoints send no caching headers of their own', async () => {
  const { request } = await openService({ contribution: {}, settings: { readonly: true } })
  for (const path of ['/v1/__heartbeat__', '/v1/__lbheartbeat__', '/v1/__version__', '/v1/contribute.json']) {
    const { headers } = await request('GET', path, { auth: null })
    assert.deepEqual([headers['cache-control'], headers.expires, headers.etag], [undefined, undefined, undefined], path)
  }
})
