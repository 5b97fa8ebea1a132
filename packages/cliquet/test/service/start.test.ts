import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createService, type Service, type ServiceOptions, Type } from '../../src/index.ts'
import { backendSettings, openService, temporaryFolder } from '../protocol/service-under-test.ts'

/** The error that a service starts with; it is closed then. */
async function startError(options: Partial<ServiceOptions>, prepare: (service: Service) => void = () => {}): Promise<Error> {
  const service = createService({ name: 'test', version: '1.0', ...options, settings: { ...backendSettings(), ...options.settings } })
  try {
    prepare(service)
    await service.ready()
  } catch (error) {
    assert.ok(error instanceof Error)
    return error
  } finally {
    await service.close()
  }
  assert.fail('the service has started')
}

async function refused(options: Partial<ServiceOptions>, message: RegExp, prepare?: (service: Service) => void): Promise<void> {
  const error = await startError(options, prepare)
  assert.equal(error.name, 'ConfigurationError', error.stack)
  assert.match(error.message, message)
}

const environment = process.env.NODE_ENV
afterEach(() => {
  if (environment === undefined) delete process.env.NODE_ENV
  else process.env.NODE_ENV = environment
})

test('In production the policies must be set', async () => {
  process.env.NODE_ENV = 'production'
  await refused({}, /"multiauth\.policies" \(CLIQUET_MULTIAUTH_POLICIES\) must be set in production/)
})

test('R4.5: in production the secret of Basic Auth must be set, and not be empty', async () => {
  process.env.NODE_ENV = 'production'
  const settings = { 'multiauth.policies': 'basicauth' }
  await refused(
    { settings: { ...settings, userid_hmac_secret: undefined } },
    /"userid_hmac_secret" \(CLIQUET_USERID_HMAC_SECRET\) must be set in production/,
  )
  await refused({ settings: { ...settings, userid_hmac_secret: '' } }, /"userid_hmac_secret"/)
})

test('In production a service with policies and a secret starts', async () => {
  process.env.NODE_ENV = 'production'
  const { request } = await openService({ settings: { 'multiauth.policies': 'basicauth', userid_hmac_secret: 'long and random' } })
  assert.equal((await request('GET', '/v1/')).status, 200)
})

test('R4.1: an unknown policy is an error that names the nearest', async () => {
  await refused({ settings: { 'multiauth.policies': 'basicaut' } }, /unknown policy "basicaut": did you mean "basicauth"\?/)
  await refused({ settings: { 'multiauth.policies': 'constructor' } }, /unknown policy "constructor"/)
})

test('A backend module that is missing, or that exports no factory, is an error that says so', async () => {
  const path = join(temporaryFolder(), 'backend.ts')
  writeFileSync(path, 'export const createStore = () => {}\n')
  const module = pathToFileURL(path).href
  const others = { permission_backend: 'cliquet/permission/memory', cache_backend: 'cliquet/cache/memory' }
  await refused(
    { settings: { ...others, storage_backend: module } },
    /"storage_backend": the module .*backend\.ts must export a function createStorage\(options\)/,
  )
  await refused({ settings: { permission_backend: module } }, /"permission_backend": the module .* must export a function createPermission/)
  await refused({ settings: { cache_backend: module } }, /"cache_backend": the module .* must export a function createCache/)
  await refused(
    { settings: { storage_backend: 'cliquet/storage/none' } },
    /"storage_backend": the module cliquet\/storage\/none can't be loaded/,
  )
  await refused({ settings: { cache_backend: './nowhere.js' } }, /"cache_backend": the module \.\/nowhere\.js can't be loaded/)
  await refused({ settings: { storage_backend: module } }, /"permission_backend" is needed with the storage/)
})

test('A resource that can’t be is an error that names it', async () => {
  const schema = { name: Type.String() }
  await refused({}, /resource "book" is defined twice/, (service) => void service.resource('book', { schema }).resource('book', { schema }))
  await refused({}, /resource "b\/k"/, (service) => void service.resource('b/k', { schema }))
  await refused(
    {},
    /resource "book": the path "books" must start with \//,
    (service) => void service.resource('book', { schema, collectionPath: 'books' }),
  )
  await refused(
    {},
    /resource "book": the record path "\/books" has no \{id\}/,
    (service) => void service.resource('book', { schema, recordPath: '/books' }),
  )
})

test('Outside production the secret is made at the first start and kept beside the SQLite file', async () => {
  const folder = temporaryFolder()
  const settings = { userid_hmac_secret: undefined, storage_url: join(folder, 'deep', 'test.sqlite') }
  const idOf = async (): Promise<unknown> => {
    const { request, close } = await openService({ backend: 'sqlite', settings })
    const { user } = (await request('GET', '/v1/')).body
    await close()
    return user
  }
  const first = await idOf()
  const path = join(folder, 'deep', 'test.secret')
  assert.equal(readFileSync(path, 'utf8').trim().length, 64)
  assert.equal(statSync(path).mode & 0o077, 0)
  assert.deepEqual(await idOf(), first)
  assert.ok(!existsSync(`${path}.${process.pid}`))
})

test('What was written is there after a restart on the same SQLite file', async () => {
  const settings = { storage_url: join(temporaryFolder(), 'kept.sqlite') }
  const prepare = (service: Service): void => void service.resource('note', { schema: { text: Type.String() } })
  const first = await openService({ backend: 'sqlite', settings, prepare })
  const { record } = await first.request('POST', '/v1/notes', { body: { data: { text: 'kept' } } })
  await first.close()
  const second = await openService({ backend: 'sqlite', settings, prepare })
  assert.deepEqual((await second.request('GET', '/v1/notes')).records, [record])
})

test('A storage file that can’t be opened is an error at the start', async () => {
  const folder = join(temporaryFolder(), 'folder.sqlite')
  mkdirSync(folder)
  const error = await startError({ settings: { ...backendSettings('sqlite'), storage_url: folder } })
  assert.ok(error.name === 'BackendError' || error.name === 'ConfigurationError', error.stack)
})

test('Two services in one process never meet', async () => {
  const prepare = (service: Service): void => void service.resource('note', { schema: { text: Type.String() } })
  for (const backend of ['memory', 'sqlite'] as const) {
    const one = await openService({ backend, name: 'one', prepare })
    const two = await openService({
      backend,
      name: 'two',
      version: '2.0',
      prepare,
      settings: { readonly: true, backoff: 3, userid_hmac_secret: 'x' },
    })
    const created = await one.request('POST', '/v1/notes', { body: { data: { text: 'only in one' } } })
    assert.equal(created.status, 201)
    assert.equal(created.headers.backoff, undefined)
    const other = await two.request('GET', '/v2/notes')
    assert.deepEqual([other.status, other.records], [200, []])
    assert.equal((await two.request('POST', '/v2/notes', { body: { data: { text: 'a' } } })).status, 405)
    const [first, second] = await Promise.all([one.request('GET', '/v1/'), two.request('GET', '/v2/')])
    assert.deepEqual([first.body.project_name, second.body.project_name], ['one', 'two'])
    assert.notDeepEqual(first.body.user, second.body.user)
    await one.close()
    assert.equal((await two.request('GET', '/v2/notes')).status, 200)
  }
})

test('Starting twice is starting once, and closing twice is closing once', async () => {
  const service = createService({ name: 'test', version: '1.0', settings: backendSettings() })
  await Promise.all([service.ready(), service.ready()])
  await service.ready()
  await service.close()
  await service.close()
})

test('A resource that is added after the start is an error', async () => {
  const { service } = await openService()
  assert.throws(() => service.resource('late', { schema: {} }), { name: 'ConfigurationError' })
})

test('A start takes as long as migrations and indexes need: no time-out of the framework ends it', async () => {
  const { service } = await openService()
  assert.equal(service.app.initialConfig.pluginTimeout, 0)
})
