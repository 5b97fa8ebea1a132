import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fastify, { LogController } from 'fastify'
import { cliquet, createService, type GivenSettings, type StartStep } from '../../src/index.ts'
import { backendSettings, basicAuth, openService } from '../protocol/service-under-test.ts'
import { startError } from '../service/start-error.ts'
import { captureLog, moduleWith } from './captured-log.ts'

test('what is logged before it is known where to is kept, in order', async () => {
  const log = captureLog()
  const service = createService({
    name: 'test',
    version: '1.0',
    settings: { ...backendSettings(), ...log.settings, bok_create_principals: 'a' },
  })
  after(() => service.close())
  service.app.log.info('one')
  service.app.log.warn('two')
  assert.deepEqual(log.lines, [])
  await service.ready()
  service.app.log.info('three')
  assert.deepEqual(
    log.entries.map(({ msg }) => msg).filter((msg) => !msg?.includes('bok')),
    ['one', 'two', 'three'],
  )
})

test('a renderer may be a function, made by a promise; what it throws at is written as JSON', async (t) => {
  const name = moduleWith(`
    import { appendFileSync } from 'node:fs'
    export const createRenderer = async ({ projectName, output }) => {
      const write = output.write
      output.write = (text) => { globalThis.written = [...(globalThis.written ?? []), text] }
      return (entry) => {
        if (entry.msg === 'odd') throw new Error('no')
        return entry.msg === 'quiet' ? '' : projectName + ': ' + entry.msg
      }
    }
  `)
  t.after(() => Reflect.deleteProperty(globalThis, 'written'))
  const { service } = await openService({ settings: { log_level: 'info', logging_renderer: name } })
  const before = Reflect.get(globalThis, 'written').length
  for (const message of ['one', 'odd', 'quiet', 'two']) service.app.log.info(message)
  const [one, odd, quiet, two] = Reflect.get(globalThis, 'written').slice(before)
  assert.deepEqual([one, JSON.parse(odd).msg, quiet, two], ['test: one\n', 'odd', '', 'test: two\n'])
})

test('a sink is ended after the last line', async (t) => {
  const name = moduleWith(`
    export const createRenderer = () => ({
      write: (line) => { globalThis.taken = [...(globalThis.taken ?? []), JSON.parse(line).msg] },
      flushSync: () => { globalThis.taken.push('flushed') },
      end: () => { globalThis.taken.push('ended') },
    })
  `)
  t.after(() => Reflect.deleteProperty(globalThis, 'taken'))
  const last: StartStep = { name: 'last', run: ({ app }) => void app.addHook('onClose', async () => app.log.info('closing')) }
  const settings = { ...backendSettings(), log_level: 'info', logging_renderer: name }
  const service = createService({ name: 'test', version: '1.0', settings, steps: [{ before: 'logging', add: last }] })
  await service.ready()
  service.app.log.fatal('worst')
  await service.close()
  assert.deepEqual(Reflect.get(globalThis, 'taken'), ['worst', 'flushed', 'closing', 'ended'])
})

test('whoever logs is not disturbed by a sink that throws: the line is written as JSON', async (t) => {
  const name = moduleWith(`
    export const createRenderer = ({ output }) => {
      output.write = (line) => { globalThis.saved = [...(globalThis.saved ?? []), JSON.parse(line).msg] }
      return { write: () => { throw new Error('full') } }
    }
  `)
  t.after(() => Reflect.deleteProperty(globalThis, 'saved'))
  const { service, inject } = await openService({ settings: { log_level: 'info', logging_renderer: name } })
  service.app.log.info('said')
  assert.equal((await inject('GET', '/v1/')).status, 200)
  assert.deepEqual(Reflect.get(globalThis, 'saved').slice(-2), ['said', 'request.summary'])
})

test('a module that is no renderer ends the start, which says what it must export', async () => {
  const cases = [
    ['./nowhere.mjs', /^setting "logging_renderer": the module \.\/nowhere\.mjs can't be loaded/],
    [
      moduleWith('export const render = () => {}'),
      /^setting "logging_renderer": the module \S+ must export a function createRenderer\(options\)$/,
    ],
    [
      moduleWith('export const createRenderer = 7'),
      /^setting "logging_renderer": the module \S+ must export a function createRenderer\(options\)$/,
    ],
    [
      moduleWith('export const createRenderer = () => ({})'),
      /^setting "logging_renderer": createRenderer of the module \S+ must give a function from an entry/,
    ],
    ['cliquet/logging/humane', /the module cliquet\/logging\/humane can't be loaded: did you mean cliquet\/logging\/human\?/],
  ] as const
  for (const [renderer, message] of cases) assert.match(await startError({ settings: { logging_renderer: renderer } }), message)
})

test('a level or a class of the original that there is not is an error with its place', () => {
  const make = (settings: GivenSettings) => () => createService({ name: 'test', version: '1.0', settings })
  assert.throws(
    make({ log_level: 'loud' }),
    /^ConfigurationError: setting "log_level" must be one of trace, debug, info, warn, error, fatal, silent$/,
  )
  assert.throws(
    make({ logging_renderer: 'cliquet.logs.OtherRenderer' }),
    /setting "logging_renderer": cliquet\.logs\.OtherRenderer is a class of the original/,
  )
})

test('the passwords of URLs are not in the log of an error', async () => {
  const log = captureLog()
  const { service } = await openService({ settings: log.settings })
  const error = new Error('no way to redis://me:hush@cache/', { cause: new Error('postgres://me:hush@db/books') })
  service.app.log.error(error)
  service.app.log.error({ err: error, at: 'start' }, 'it fails')
  assert.equal(log.lines.filter((line) => line.includes('me:***@cache') && line.includes('me:***@db')).length, 2, log.lines.join(''))
  assert.ok(!log.lines.join('').includes('hush'))
})

test("inside somebody's application the log is the application's, and so is the renderer", async () => {
  const lines: string[] = []
  const app = fastify({
    logController: new LogController({ disableRequestLogging: true }),
    logger: { level: 'info', stream: { write: (line: string) => void lines.push(line) } },
  })
  after(() => app.close())
  const settings = { ...backendSettings(), logging_renderer: 'cliquet/logging/human' }
  await app.register(cliquet, { name: 'test', version: '1.0', settings })
  app.get('/own', async () => ({}))
  const requests = [{ path: '/' }]
  await app.inject({ url: '/v1/', headers: { authorization: basicAuth('me:secret') } })
  await app.inject({ url: '/own' })
  await app.inject({ method: 'POST', url: '/v1/batch', payload: { requests } })
  const [notice, ...summaries] = lines.map((line) => JSON.parse(line))
  assert.match(notice.msg, /^setting "logging_renderer" has no effect: the log is that of the application$/)
  assert.deepEqual(
    summaries.map(({ msg, path, rid }) => [msg, path, rid]),
    [
      ['request.summary', '/v1/', 'req-1'],
      ['subrequest.summary', '/v1/', 'req-3'],
      ['request.summary', '/v1/batch', 'req-3'],
    ],
  )
  app.log.level = 'warn'
  await app.inject('/v1/')
  assert.equal(lines.length, 4)
})

test('without the step there is a log, but requests are not told', async () => {
  const { service, request } = await openService({ settings: { steps_removed: 'logging' } })
  service.app.log.info('fine')
  assert.equal((await request('GET', '/v1/')).status, 200)
})
