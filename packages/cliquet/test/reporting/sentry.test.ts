import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import { BackendError, cliquet, createService, type GivenSettings, type Service, Type } from '../../src/index.ts'
import { backendSettings, basicAuth, openService, type ServiceUnderTest } from '../protocol/service-under-test.ts'
import { type SentryServer, startSentry } from './sentry-server.ts'
import { startServiceProcess } from './service-process.ts'

/** Not written out, so that the lines of this file that Sentry shows beside an error don't have them. */
const secrets = ['password', 'cookie', 'body', 'query', 'mail', 'database'].map((name) => `${name}${name.length}hidden`)
const [PASSWORD = '', COOKIE = '', BODY = '', QUERY = '', MAIL = '', DATABASE = ''] = secrets

/** Things that go wrong. */
function prepare(service: Service): void {
  service.resource('note', { schema: { text: Type.String() } })
  service.views(async (app) => {
    app.get('/boom/:what', { config: { service: 'boom' } }, async (request) => {
      request.log.info('about to fail')
      await sleep(5)
      request.log.debug({ secret: BODY }, 'failing by %s', 'design')
      throw new Error(`refused: ${request.headers.authorization}`, { cause: new TypeError(`no postgres://mat:${DATABASE}@db/notes`) })
    })
    app.get('/lost', async () => {
      throw new BackendError('PostgreSQL db.example: connection lost')
    })
  })
}

async function openReporting(settings: GivenSettings = {}): Promise<ServiceUnderTest & { sentry: SentryServer }> {
  const sentry = await startSentry()
  const service = await openService({ prepare, version: '1.2.3', settings: { sentry_dsn: sentry.dsn, ...settings } })
  return { ...service, sentry }
}

test('an error of a view is reported with its request, its causes and its source, and with nothing that is secret', async () => {
  const { request, sentry } = await openReporting({ sentry_env: 'staging' })
  const auth = `mat:${PASSWORD}`
  const headers = { 'user-agent': 'tester/1', cookie: `session=${COOKIE}`, 'x-token': COOKIE }
  const answer = await request('GET', `/v1/boom/${MAIL}@example.org?token=${QUERY}`, { auth, headers })
  assert.equal(answer.status, 500)
  const [event] = await sentry.received(1)
  assert.equal(event?.level, 'error')
  assert.equal(event?.release, '1.2.3')
  assert.equal(event?.environment, 'staging')
  assert.equal(event?.server_name, hostname())
  assert.equal(event?.transaction, 'GET boom')
  assert.deepEqual(event?.request, { method: 'GET', url: '/v1/boom/:what', headers: { 'user-agent': 'tester/1' } })
  assert.equal(event?.tags?.service, 'boom')
  assert.equal(event?.tags?.route, '/v1/boom/:what')
  assert.match(String(event?.tags?.request_id), /./)
  const [cause, error] = event?.exception?.values ?? []
  assert.deepEqual([cause?.type, cause?.value], ['TypeError', 'no postgres://mat:***@db/notes'])
  assert.deepEqual([error?.type, error?.value, error?.mechanism?.handled], ['Error', 'refused: Basic ***', true])
  assert.match(error?.stacktrace?.frames.at(-1)?.filename ?? '', /sentry\.test\.ts$/)
  assert.match(error?.stacktrace?.frames.at(-1)?.context_line ?? '', /throw new Error/)
  for (const secret of [...secrets, Buffer.from(auth).toString('base64')]) assert.ok(!sentry.text.includes(secret), `${secret} was sent`)
})

test('the user of an error is named, unless the name is an e-mail address', async () => {
  const policies = ['mat', 'mat@example.org'].map((id, place) => ({
    name: `p${place}`,
    challenge: 'Own',
    authenticate: ({ who }: Readonly<Record<string, unknown>>) => (who === String(place) ? id : undefined),
  }))
  const sentry = await startSentry()
  const { request } = await openService({ prepare, policies, settings: { sentry_dsn: sentry.dsn } })
  await request('GET', '/v1/boom/1', { headers: { who: '0' } })
  await request('GET', '/v1/boom/1', { headers: { who: '1' } })
  const events = await sentry.received(2)
  assert.deepEqual(
    events.map(({ user }) => user?.id),
    ['p0:mat', undefined],
  )
  assert.ok(!sentry.text.includes('mat@example.org'))
})

/** A body that comes later than the headers. */
const lateBody = (json: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  duplex: 'half',
  body: new ReadableStream({
    async start(controller) {
      await sleep(100)
      controller.enqueue(Buffer.from(json))
      controller.close()
    },
  }),
})

test('what a request logs stands beside its error, and not beside those of requests at the same time', async () => {
  const sentry = await startSentry()
  const logAndFail = `const { name } = request.query
    request.log.info('a body of %d members for ' + name, Object.keys(request.body ?? {}).length)
    await sleep(50)
    request.log.debug({ token: 'not ' + 'told' }, 'half for ' + name)
    await sleep(50)
    throw new Error('failed for ' + name)`
  const env = { CLIQUET_SENTRY_DSN: sentry.dsn, CLIQUET_LOG_LEVEL: 'debug', CLIQUET_SENTRY_BREADCRUMBS_MIN_LEVEL: 'DEBUG' }
  const { request } = await startServiceProcess({ fail: logAndFail }, env)
  const names = ['ann', 'bob', 'eve']
  await Promise.all(names.map((name) => request(`fail?name=${name}`, lateBody('{"a":1}'))))
  const told = (await sentry.received(3)).map(({ exception, breadcrumbs }) => ({
    error: exception?.values.at(-1)?.value,
    breadcrumbs: breadcrumbs?.map(({ message, level }) => `${level}: ${message}`),
  }))
  assert.deepEqual(
    told.sort((one, other) => String(one.error).localeCompare(String(other.error))),
    names.map((name) => ({
      error: `failed for ${name}`,
      breadcrumbs: [`info: a body of 1 members for ${name}`, `debug: half for ${name}`],
    })),
  )
  assert.ok(!sentry.text.includes('not told'))
})

test('log records from the level of events on are events of their request, once', async () => {
  const sentry = await startSentry()
  const log = `const refused = new TypeError('refused')
    request.log.info('not an event')
    request.log.error({ err: refused }, 'went on without %s', 'it')
    request.log.error(refused, 'once more')
    request.log.warn('only a warning')
    return {}`
  const env = { CLIQUET_SENTRY_DSN: sentry.dsn, CLIQUET_LOG_LEVEL: 'info', CLIQUET_SENTRY_EVENTS_MIN_LEVEL: 'error' }
  const { request, end } = await startServiceProcess({ log }, env)
  assert.equal((await request('log')).status, 200)
  assert.equal(await end(), 0)
  assert.deepEqual(
    sentry.events.map(({ level, transaction, exception }) => ({ level, transaction, error: exception?.values[0]?.value })),
    [{ level: 'error', transaction: 'GET unnamed', error: 'refused' }],
  )
})

test('a lost backend is an event once in a while, however many requests fail by it', async () => {
  const { request, sentry, close } = await openReporting()
  for (let i = 0; i < 5; i += 1) assert.equal((await request('GET', '/v1/lost')).status, 503)
  await request('GET', '/v1/boom/1')
  await close()
  assert.deepEqual(sentry.events.map(({ exception, fingerprint }) => [exception?.values.at(-1)?.type, fingerprint?.[0]]).sort(), [
    ['BackendError', 'unavailable'],
    ['Error', undefined],
  ])
})

test('an error inside a batch is reported with the request of the batch that it is of, and refusals are not', async () => {
  const { request, sentry, close } = await openReporting()
  const requests = [
    { path: '/notes' },
    { path: '/boom/1' },
    { path: '/nowhere' },
    { method: 'POST', path: '/notes', body: { data: { text: 5 } } },
  ]
  await request('POST', '/v1/batch', { body: { requests } })
  assert.equal((await request('POST', '/v1/notes', { body: '{' })).status, 400)
  await close()
  assert.deepEqual(
    sentry.events.map(({ transaction }) => transaction),
    ['GET boom'],
  )
})

test('a Sentry that never answers neither delays nor breaks a request, nor the end of the service for long', async (t) => {
  const sockets = new Set<Socket>()
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => {})))
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    silent.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = silent.address() as AddressInfo // it listens on a port
  for (const place of [port, 1]) {
    const { request, close } = await openService({ prepare, settings: { sentry_dsn: `http://key@127.0.0.1:${place}/1` } })
    for (let i = 0; i < 200; i += 1) assert.equal((await request('GET', '/v1/boom/1')).status, 500)
    assert.equal((await request('GET', '/v1/')).status, 200)
    const since = performance.now()
    await close()
    assert.ok(performance.now() - since < 10_000)
  }
  assert.ok(sockets.size > 0)
})

test('what nobody catches is reported before the process ends as it would have', async () => {
  const crashes = {
    'an exception': `setTimeout(() => { throw new RangeError('nobody caught this') })`,
    'a rejection': `void Promise.reject(new RangeError('nobody caught this'))`,
  }
  for (const [what, code] of Object.entries(crashes)) {
    const sentry = await startSentry()
    const { request, ended, stderr } = await startServiceProcess({ crash: `${code}; return {}` }, { CLIQUET_SENTRY_DSN: sentry.dsn })
    await request('crash').catch(() => {}) // the answer may come or not
    assert.equal(await ended, 1, what)
    assert.match(stderr(), /RangeError: nobody caught this\n +at /)
    assert.deepEqual(
      sentry.events.map(({ level, exception }) => [level, exception?.values[0]?.value, exception?.values[0]?.mechanism?.handled]),
      [['fatal', 'nobody caught this', false]],
      what,
    )
  }
})

test('where somebody else listens to what nobody catches, it is reported, and the process goes on', async () => {
  const sentry = await startSentry()
  const views = {
    crash: `process.once('uncaughtException', () => {}); setTimeout(() => { throw new RangeError('somebody caught this') }); return {}`,
    fail: `throw new RangeError('afterwards')`,
  }
  const { request, end } = await startServiceProcess(views, { CLIQUET_SENTRY_DSN: sentry.dsn })
  await request('crash')
  await sentry.received(1)
  await request('fail')
  await sentry.received(2)
  assert.equal(await end(), 0)
  assert.deepEqual(
    sentry.events.map(({ exception }) => exception?.values[0]?.value),
    ['somebody caught this', 'afterwards'],
  )
})

test('a service inside an application reports its own errors, and not those of the application', async () => {
  const sentry = await startSentry()
  const app = fastify()
  app.get('/own', async () => {
    throw new Error('the application’s own')
  })
  await app.register(cliquet, {
    name: 'inside',
    version: '1.0',
    settings: { ...backendSettings(), sentry_dsn: sentry.dsn },
    views: [
      async (scope) => {
        scope.get('/inside', { config: { public: true } }, async () => {
          throw new Error('of the service')
        })
      },
    ],
  })
  for (const url of ['/own', '/v1/inside'])
    assert.equal((await app.inject({ url, headers: { authorization: basicAuth('mat:x') } })).statusCode, 500)
  await app.close()
  assert.deepEqual(
    sentry.events.map(({ exception }) => exception?.values[0]?.value),
    ['of the service'],
  )
})

test('the start tells Sentry what runs', async () => {
  const { sentry, close } = await openReporting()
  await close()
  assert.match(sentry.text, /"message":"Running test 1\.2\.3\."/)
})

test('a DSN or a level that is none ends the start, and the DSN is not shown', () => {
  const wrong = { name: 'wrong', version: '1.0' }
  for (const dsn of ['https://sentry.example/1', 'https://hush@sentry.example/', 'ftp://hush@sentry.example/1', 'hush']) {
    const start = () => createService({ ...wrong, settings: { sentry_dsn: dsn } })
    assert.throws(start, /^ConfigurationError: setting "sentry_dsn" must be https:\/\/KEY@HOST\/PROJECT/)
    assert.throws(start, (error) => !String(error).includes('hush'))
  }
  for (const level of ['loud', 25]) {
    assert.throws(
      () => createService({ ...wrong, settings: { sentry_events_min_level: level } }),
      /^ConfigurationError: setting "sentry_events_min_level" must be one of trace, debug, info, warn, error, fatal/,
    )
  }
})

test('without the SDK the start says what to install, and importing cliquet does not load it', () => {
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) { if (name === '@sentry/node') throw new RangeError('not installed'); return next(name, context) } })
    const { createService } = await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)})
    const settings = { storage_backend: 'cliquet/storage/memory', sentry_dsn: 'https://key@sentry.example/1' }
    await createService({ name: 'x', version: '1.0', settings }).ready().catch((error) => console.log(String(error)))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 60_000 })
  assert.equal(stdout, 'ConfigurationError: Sentry needs the package "@sentry/node": npm install @sentry/node\n')
})
