import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { BackendError, createService, HttpError, type Service } from '../../src/index.ts'
import { createThrottle } from '../../src/reporting/sentry/throttle.ts'
import { createLogTap } from '../../src/service/reporting/log-tap.ts'
import { folderWith } from '../cli/command-process.ts'
import { backendSettings, openService } from '../protocol/service-under-test.ts'

/** A reporter that keeps what it is told, and breaks its promise to throw nothing. */
const module = `
  export const told = []
  export function createErrorReporter(options) {
    told.push(['options', options])
    const tell = (...what) => { told.push(what); throw new Error('a reporter that is broken') }
    return {
      begin: ({ method, service }) => tell('begin', method + ' ' + service),
      report: (error, kind, request) => tell('report', error.message, kind, request?.service),
      note: ({ level, message }, request) => tell('note', level, message, request?.service),
      close: async () => tell('close'),
    }
  }`

/** What went wrong, and how. */
function prepare(service: Service): void {
  service.views(async (app) => {
    app.get('/:kind', { config: { service: 'failing', public: true } }, async (request) => {
      const { kind } = request.params as { kind: string } // the route has it
      if (kind === 'lost') throw new BackendError('gone')
      if (kind === 'refused') throw new HttpError(409)
      if (kind === 'chosen') throw new HttpError(502, { message: 'no answer from the mail server' })
      throw kind === 'text' ? 'thrown as a text' : new TypeError('unforeseen')
    })
  })
}

test('a module that error_reporters names is told of requests and errors, and what it throws breaks nothing', async () => {
  const path = join(folderWith({ 'reporter.mjs': module }), 'reporter.mjs')
  const { told } = (await import(pathToFileURL(path).href)) as { told: unknown[][] } // as it is written above
  const { request, close } = await openService({ name: 'own', version: '2.0', prepare, settings: { error_reporters: path } })
  const kinds = { unforeseen: 500, lost: 503, refused: 409, chosen: 502 }
  for (const [kind, status] of Object.entries(kinds)) assert.equal((await request('GET', `/v2/${kind}`)).status, status)
  await close()
  assert.deepEqual(told, [
    ['options', { project: 'own', version: '2.0', environment: 'development' }],
    ['begin', 'GET failing'],
    ['report', 'unforeseen', 'unexpected', 'failing'],
    ['begin', 'GET failing'],
    ['report', 'gone', 'unavailable', 'failing'],
    ['begin', 'GET failing'],
    ['begin', 'GET failing'],
    ['report', 'no answer from the mail server', 'unexpected', 'failing'],
    ['close'],
  ])
})

test('a module without createErrorReporter ends the start', async () => {
  const path = join(folderWith({ 'none.mjs': 'export const createErrorReporter = 5' }), 'none.mjs')
  const service = createService({ name: 'wrong', version: '1.0', settings: { ...backendSettings(), error_reporters: path } })
  await assert.rejects(
    service.ready(),
    /^ConfigurationError: setting "error_reporters": createErrorReporter of the module .* must be a function$/,
  )
})

test('whatever is logged is seen as a level, a message and an error', () => {
  const tap = createLogTap()
  const seen: unknown[] = []
  const written: unknown[][] = []
  tap.observer = ({ level, message, error }) => void seen.push([level, message, error])
  const error = new Error('failed')
  const records: [unknown[], number][] = [
    [['%s of %d', 'one', 2], 30],
    [[error], 50],
    [[error, 'while writing'], 50],
    [[{ err: error, id: 7 }, 'record %s', 'a'], 40],
    [[{ msg: 'in the object' }], 20],
    [[{ id: 7 }], 10],
    [[undefined], 60],
    [['between two'], 35],
    [['beyond'], 99],
  ]
  for (const [said, level] of records) tap.logMethod(said, (...args: unknown[]) => void written.push(args), level)
  assert.deepEqual(seen, [
    ['info', 'one of 2', undefined],
    ['error', 'failed', error],
    ['error', 'while writing', error],
    ['warn', 'record a', error],
    ['debug', 'in the object', undefined],
    ['trace', '', undefined],
    ['fatal', '', undefined],
    ['info', 'between two', undefined],
    ['fatal', 'beyond', undefined],
  ])
  assert.deepEqual(
    written,
    records.map(([said]) => said),
  )
})

test('a throttle lets one of a kind pass in its time, and tells how many it held back', () => {
  let now = 0
  const pass = createThrottle(1000, () => now)
  assert.deepEqual([pass('a'), pass('a'), pass('b'), pass('a')], [0, undefined, 0, undefined])
  now = 999
  assert.equal(pass('a'), undefined)
  now = 1000
  assert.deepEqual([pass('a'), pass('b'), pass('a')], [3, 0, undefined])
  now = 3000
  assert.equal(pass('a'), 1)
  for (let i = 0; i < 1000; i += 1) assert.equal(pass(`kind ${i}`), 0)
  assert.equal(pass('a'), 0, 'what is long ago may be forgotten')
})
