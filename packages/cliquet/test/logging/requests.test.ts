import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type GivenSettings, type LogEntry, type Service, Type } from '../../src/index.ts'
import { openService, type Received, type ServiceUnderTest } from '../protocol/service-under-test.ts'
import { type CapturedLog, captureLog } from './captured-log.ts'

const prepare = (service: Service): void => {
  service.resource('book', { schema: { title: Type.String() } }).views(async (app) => {
    app.get('/talk', async (request) => {
      const { log } = request
      request.note({ talked: true, path: 'not told: the path is' })
      request.note({ topic: 'x' })
      log.info({ step: 1 }, 'said by a view')
      log.child({ part: 'x' }).warn('said by its child')
      return {}
    })
    app.get('/slow', async () => sleep(500, {}))
    app.get('/cookie', async (_request, reply) =>
      reply.header('set-cookie', 'session=hush').redirect('https://app.example/?token=hush#hush'),
    )
    app.post('/any', async () => ({ password: 'hush', kept: ['shown'] }))
    app.get('/text', async () => 'no JSON')
  })
}

interface Logging extends ServiceUnderTest {
  readonly log: CapturedLog
  /** The lines of requests that are over, as soon as there are so many. */
  summaries(count: number, message?: string): Promise<LogEntry[]>
}

async function openLogging(settings: GivenSettings = {}, level = 'info'): Promise<Logging> {
  const log = captureLog(level)
  const opened = await openService({ prepare, settings: { ...log.settings, ...settings } })
  return {
    ...opened,
    log,
    async summaries(count, message = 'request.summary') {
      for (let i = 0; i < 400 && log.of(message).length < count; i += 1) await sleep(10)
      return log.of(message)
    },
  }
}

test('each request is one line, with who asked what and what became of it', async () => {
  const { request, summaries } = await openLogging()
  const headers = { 'User-Agent': 'test/1.0', 'Accept-Language': 'de', 'X-Request-Id': 'mine' }
  await request('POST', '/v1/books', { headers, body: { data: { title: 'a' } } })
  await request('GET', '/v1/books?_limit=3&title=b', { headers })
  await request('GET', '/v1/nowhere', { auth: null })
  const lines = await summaries(3)
  const [created, list, missing] = lines.map(({ time, pid, hostname, t, uid, ...others }) => {
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.ok(Number(t) >= 0 && pid === process.pid && hostname !== '')
    if (others.authn_type === 'basicauth') assert.match(String(uid), /^basicauth:/)
    return others
  })
  const usual = { level: 30, msg: 'request.summary', rid: 'mine', agent: 'test/1.0', lang: 'de', authn_type: 'basicauth', errno: 0 }
  assert.deepEqual(created, { ...usual, method: 'POST', path: '/v1/books', code: 201, collection_id: 'book' })
  assert.deepEqual(list, {
    ...usual,
    ...{ method: 'GET', path: '/v1/books', querystring: '_limit=3&title=b', code: 200 },
    ...{ collection_id: 'book', nb_records: 0, limit: 3 },
  })
  assert.match(String(missing?.rid), /^[0-9a-f]{12}-\d+$/)
  const unknown = { level: 30, msg: 'request.summary', method: 'GET', path: '/v1/nowhere', code: 404, errno: 111 }
  assert.deepEqual({ ...missing, rid: undefined }, { ...unknown, rid: undefined })
})

test('a batch is one line, and so is each request in it, all under one id', async () => {
  const { request, summaries, log } = await openLogging()
  const requests = [{ path: '/books' }, { path: '/nowhere' }]
  const { headers } = await request('POST', '/v1/batch', { body: { requests } })
  const [batch] = await summaries(1)
  assert.deepEqual([batch?.path, batch?.code, batch?.batch_size, batch?.rid], ['/v1/batch', 200, 2, headers['x-request-id']])
  const parts = log.of('subrequest.summary').map(({ path, code, errno, rid, batch_size }) => [path, code, errno, rid, batch_size])
  assert.deepEqual(parts, [
    ['/v1/books', 200, 0, batch?.rid, undefined],
    ['/v1/nowhere', 404, 111, batch?.rid, undefined],
  ])
  assert.equal(log.of('request.summary').length, 1)
})

test('a client that has gone is a line with 499', async () => {
  const { host, summaries } = await openLogging()
  const [name = '', port = ''] = host.split(':')
  const socket = connect(Number(port), name, () => {
    socket.write(`GET /v1/slow HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Basic bWF0OnM=\r\n\r\n`)
    setTimeout(() => socket.destroy(), 50)
  })
  const [gone] = await summaries(1)
  assert.deepEqual([gone?.path, gone?.code, gone?.aborted], ['/v1/slow', 499, true])
})

test('every line about a request has its id, whoever wrote it', async () => {
  const { request, summaries, log, service } = await openLogging()
  const broken = service.app.storage
  Object.assign(broken, {
    list: async () => {
      throw new TypeError('broken')
    },
  })
  await request('GET', '/v1/talk', { headers: { 'X-Request-Id': 'talk' } })
  await request('GET', '/v1/books', { headers: { 'X-Request-Id': 'fails' } })
  await summaries(2)
  const told = log.entries.slice(-5).map(({ msg, rid, level, step, part }) => [msg, rid, level, step ?? part])
  const [talk] = log.of('request.summary')
  assert.deepEqual([talk?.talked, talk?.topic, talk?.path], [true, 'x', '/v1/talk'])
  assert.deepEqual(told, [
    ['said by a view', 'talk', 30, 1],
    ['said by its child', 'talk', 40, 'x'],
    ['request.summary', 'talk', 30, undefined],
    ['unexpected error', 'fails', 50, undefined],
    ['request.summary', 'fails', 30, undefined],
  ])
})

test('the level changes while the service runs', async () => {
  const { request, summaries, service } = await openLogging({}, 'warn')
  await request('GET', '/v1/')
  service.app.log.level = 'info'
  await request('GET', '/v1/?n=2')
  await summaries(1)
  service.app.log.level = 'silent'
  await request('GET', '/v1/?n=3')
  service.app.log.level = 'debug'
  await request('GET', '/v1/?n=4')
  const lines = await summaries(2)
  assert.deepEqual(
    lines.map(({ querystring, headers }) => [querystring, headers !== undefined]),
    [
      ['n=2', false],
      ['n=4', true],
    ],
  )
})

/** Requests with secrets wherever one may be. */
async function sendSecrets(request: ServiceUnderTest['request']): Promise<Received[]> {
  const headers = {
    Cookie: 'session=hush',
    'X-Api-Key': 'hush',
    'Proxy-Authorization': 'hush',
    Referer: 'https://me:hush@a.example/?access_token=hush',
  }
  return [
    await request('GET', '/v1/openid/any/token?code=hush&state=hush', { headers }),
    await request('GET', '/v1/?%63ode=hush&TOKEN=hush&id_token=hush&shown=yes', { headers }),
    await request('GET', '/v1/cookie', { headers }),
    await request('POST', '/v1/any', { headers, body: { data: { password: 'hush', list: [{ Token: 'hush' }] } } }),
    await request('POST', '/v1/batch', { headers, body: { requests: [{ path: '/?code=hush', headers: { Authorization: 'hush' } }] } }),
  ]
}

for (const level of ['info', 'debug'] as const) {
  test(`no secret is logged at ${level}`, async () => {
    const { request, summaries, log } = await openLogging({ logging_bodies: true }, level)
    await sendSecrets(request)
    const lines = await summaries(5)
    const all = log.lines.join('')
    assert.ok(!/hush|c2VjcmV0|Basic/.test(all), all)
    assert.equal(lines[0]?.querystring, 'code=***&state=***')
    assert.equal(lines[1]?.querystring, '%63ode=***&TOKEN=***&id_token=***&shown=yes')
    assert.equal('headers' in (lines[0] ?? {}), level === 'debug')
  })
}

test('at debug there are headers, and bodies if a setting says so', async () => {
  for (const bodies of [false, true]) {
    const { request, summaries } = await openLogging({ logging_bodies: bodies }, 'debug')
    await request('POST', '/v1/any', { body: { data: { password: 'hush', name: 'shown' } }, headers: { 'X-Own': 'yes' } })
    await request('POST', '/v1/any', { body: { text: 'x'.repeat(20_000) } })
    await request('POST', '/v1/any', { body: '{' })
    await request('GET', '/v1/text')
    const [first, long, faulty, text] = (await summaries(4)).map(({ headers, body, response }) => {
      const sent = headers as Record<string, string>
      const answer = response as { headers: Record<string, string>; body?: unknown }
      return { own: sent['x-own'], type: answer.headers['content-type'], body, answer: answer.body }
    })
    assert.deepEqual([first?.own, first?.type], ['yes', 'application/json'])
    const seen = [first?.body, first?.answer, long?.body, faulty?.body, text?.answer]
    assert.deepEqual(
      seen,
      bodies
        ? [
            { data: { password: '***', name: 'shown' } },
            { password: '***', kept: ['shown'] },
            '[20011 characters]',
            undefined,
            '[7 characters that are no JSON]',
          ]
        : [undefined, undefined, undefined, undefined, undefined],
    )
  }
})

test('what is hidden is a setting', async () => {
  const { request, summaries } = await openLogging({ logging_hidden: 'pin' })
  await request('GET', '/v1/?state=open&pin=1234')
  const [line] = await summaries(1)
  assert.equal(line?.querystring, 'state=open&pin=***')
})

test('what a client sends is cut where it is endless', async () => {
  const { request, summaries } = await openLogging()
  await request('GET', `/v1/?a=${'x'.repeat(5000)}`, { headers: { 'User-Agent': 'y'.repeat(5000) } })
  const [line] = await summaries(1)
  assert.deepEqual([String(line?.querystring).length, String(line?.agent).length], [1001, 1001])
})
