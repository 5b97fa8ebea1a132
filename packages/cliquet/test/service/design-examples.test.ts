import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { cliquet, createService, Type } from 'cliquet'
import fastify from 'fastify'
import { backendSettings, basicAuth, openService, temporaryFolder } from '../protocol/service-under-test.ts'

const authorization = basicAuth('me:secret')
const headers = { authorization, 'content-type': 'application/json' }
const bookmark = { url: 'https://example.org/' }

/** Runs the example of the README in a folder of its own; answers what it prints until `end` is among it. */
function startExample(folder: string, end: RegExp): Promise<{ readonly child: ChildProcess; readonly printed: string }> {
  const file = join(import.meta.dirname, '../../../../examples/bookmarks/server.ts')
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const child = spawn(process.execPath, [file], { cwd: folder, env: { ...environment, PORT: '0' } })
  after(() => child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      if (end.test(printed)) resolve({ child, printed })
    })
    child.stderr.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
    child.on('exit', (code) => reject(new Error(`exit code ${code}: ${printed}`)))
  })
}

test('The shortest service listens, tells how to try it, keeps records in SQLite and ends cleanly', async () => {
  const folder = temporaryFolder()
  const { child, printed } = await startExample(folder, /_since=0'\n/)
  const url = /^bookmarks 1\.0 listens on (http:\/\/localhost:\d+\/v1\/) /m.exec(printed)?.[1]
  assert.ok(url !== undefined, printed)
  const example = `curl -u me:secret ${url}bookmarks -H 'Content-Type: application/json' -d '{"data":{"url":"https://example.org/"}}'`
  assert.ok(printed.includes(example), printed)

  const created = await fetch(`${url}bookmarks`, { method: 'POST', headers, body: JSON.stringify({ data: bookmark }) })
  assert.equal(created.status, 201)
  const refused = await fetch(`${url}bookmarks`, { method: 'POST', headers, body: JSON.stringify({ data: { url: 'no url' } }) })
  assert.equal(refused.status, 400)
  assert.ok(existsSync(join(folder, 'data', 'bookmarks.sqlite')))

  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
})

test('The plugin serves in an existing Fastify application and leaves the routes outside its prefix alone', async () => {
  const app = fastify()
  after(() => app.close())
  app.get('/', async () => 'the rest of the application')
  app.post('/form', async ({ body }) => ({ got: body }))
  app.get('/fails', async () => {
    throw Object.assign(new TypeError('mine'), { statusCode: 418 })
  })
  await app.register(cliquet, { name: 'bookmarks', version: '1.0', settings: backendSettings() })
  app.resource('bookmark', { schema: { url: Type.URL() } })
  app.get('/later', async () => ({ later: true }))
  await app.ready()

  const home = await app.inject('/')
  assert.deepEqual(
    [home.statusCode, home.payload, home.headers['content-security-policy']],
    [200, 'the rest of the application', undefined],
  )
  assert.deepEqual((await app.inject('/later')).json(), { later: true })
  const form = await app.inject({ method: 'POST', url: '/form', headers: { 'content-type': 'text/plain' }, payload: 'abc' })
  assert.deepEqual(form.json(), { got: 'abc' })
  assert.deepEqual((await app.inject('/fails')).json(), { statusCode: 418, error: "I'm a Teapot", message: 'mine' })
  assert.equal((await app.inject('/nothing')).json().statusCode, 404)

  const created = await app.inject({ method: 'POST', url: '/v1/bookmarks', headers, payload: { data: bookmark } })
  assert.equal(created.statusCode, 201)
  const listed = await app.inject({ url: '/v1/bookmarks', headers })
  assert.deepEqual(listed.json(), { data: [created.json().data] })
  assert.equal((await app.inject('/v1/bookmarks')).json().errno, 104)
  assert.equal((await app.inject('/v1/nothing')).json().errno, 111)
  assert.equal((await app.inject({ method: 'PUT', url: '/v1/bookmarks' })).json().errno, 115)
  assert.equal((await app.inject('/v1/')).json().project_name, 'bookmarks')
  assert.equal((await app.inject('/v1/bookmarks/')).statusCode, 307)
  assert.equal((await app.inject('/v1')).statusCode, 307)
  const preflight = { origin: 'https://a.example', 'access-control-request-method': 'GET' }
  const asked = await app.inject({ method: 'OPTIONS', url: '/v1/bookmarks', headers: preflight })
  assert.deepEqual([asked.statusCode, asked.headers['access-control-allow-origin']], [200, '*'])
  assert.equal((await app.storage.list({ parentId: '', resource: 'none' }, { filters: [], sort: [], limit: 1 })).length, 0)
  assert.equal(typeof app.cache.get, 'function')
  assert.equal(typeof app.permission.principalsOf, 'function')
})

test('Two plugins serve two versions beside each other, in scopes of their own', async () => {
  const app = fastify()
  after(() => app.close())
  for (const version of ['1.0', '2.0']) {
    await app.register(async (scope) => {
      await scope.register(cliquet, { name: 'bookmarks', version, settings: backendSettings() })
      scope.resource('bookmark', { schema: { url: Type.URL() } })
    })
  }
  const created = await app.inject({ method: 'POST', url: '/v1/bookmarks', headers, payload: { data: bookmark } })
  assert.equal(created.statusCode, 201)
  assert.deepEqual((await app.inject({ url: '/v2/bookmarks', headers })).json(), { data: [] })
  assert.equal((await app.inject('/v2/')).json().http_api_version, '2.0')
})

test('A service in full control: own paths, read-only and unique fields, a hook, limited methods', async () => {
  const { request } = await openService({
    prepare(service) {
      service.resource('bookmark', {
        schema: { url: Type.URL(), title: Type.String(), device: Type.String({ default: '' }) },
        readonlyFields: ['device'],
        uniqueFields: ['url'],
        collectionPath: '/user/bookmarks',
        recordPath: '/user/bookmarks/{id}',
        collectionMethods: ['GET'],
        processRecord(next, { previous, request: { headers: sent } }) {
          return next.device === previous?.device ? next : { ...next, device: sent['user-agent'] ?? '' }
        },
      })
    },
  })
  const id = '5a0e3a3e-7c50-4d0a-9f6e-0c1f6a3c1111'
  const path = `/v1/user/bookmarks/${id}`
  const data = { ...bookmark, title: 'Example' }
  const agent = { 'user-agent': 'Phone' }

  const created = await request('PUT', path, { body: { data }, headers: agent })
  assert.deepEqual([created.status, created.record.device], [201, 'Phone'])
  const renamed = await request('PATCH', path, { body: { data: { title: 'Renamed' } }, headers: { 'user-agent': 'Desk' } })
  assert.deepEqual([renamed.status, renamed.record.title, renamed.record.device], [200, 'Renamed', 'Phone'])
  const stolen = await request('PATCH', path, { body: { data: { device: 'Other' } } })
  assert.equal(stolen.body.message, 'Cannot modify device')
  const other = await request('PUT', path.replace('5a', '6a'), { body: { data } })
  assert.deepEqual([other.status, other.body.errno], [409, 122])
  assert.deepEqual((await request('GET', '/v1/user/bookmarks')).records, [renamed.record])
  const refused = await request('POST', '/v1/user/bookmarks', { body: { data } })
  assert.deepEqual([refused.status, refused.headers.allow], [405, 'GET, HEAD, OPTIONS'])
  assert.equal((await request('GET', '/v1/bookmarks')).body.errno, 111)
})

test('Resources in the options are the same as calls of resource(), and the type of the service knows them', async () => {
  const service = createService({
    name: 'bookmarks',
    version: '1.0',
    settings: backendSettings(),
    resources: { bookmark: { schema: { url: Type.URL() } } },
  }).resource('tag', { schema: { text: Type.String() } })
  after(() => service.close())
  const names: readonly (keyof (typeof service)['~resources'])[] = ['bookmark', 'tag']
  await service.ready()
  for (const name of names) assert.equal((await service.app.inject({ url: `/v1/${name}s`, headers })).statusCode, 200)
})
