import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createService } from '../../src/index.ts'
import { newRelicVariables } from '../../src/service/reporting/newrelic-variables.ts'
import { readSettings } from '../../src/service/settings.ts'
import { folderWith } from '../cli/command-process.ts'
import { backendSettings } from '../protocol/service-under-test.ts'
import { certificateFile, startCollector } from './newrelic-collector.ts'
import { startServiceProcess } from './service-process.ts'

const LICENSE = 'a1'.repeat(20)

/** Whatever the agent would look for outside of this machine, and its log. */
const quiet = {
  NEW_RELIC_LOG: 'stderr',
  NEW_RELIC_LOG_LEVEL: 'error',
  ...Object.fromEntries(
    ['AWS', 'AZURE', 'GCP', 'PCF', 'DOCKER', 'KUBERNETES'].map((cloud) => [`NEW_RELIC_UTILIZATION_DETECT_${cloud}`, 'false']),
  ),
}

const views = {
  fail: `throw new RangeError('by design')`,
}

/** A configuration of the agent in JavaScript. */
const configuration = (port: number): string => `exports.config = {
  app_name: ['bookmarks ' + process.env.NEW_RELIC_ENVIRONMENT],
  license_key: '${LICENSE}',
  host: 'localhost',
  port: ${port},
  certificates: [${JSON.stringify(readFileSync(certificateFile, 'utf8'))}],
}`

test('requests are transactions of their endpoints, and their errors are noticed, with nothing that is secret', async () => {
  const collector = await startCollector()
  const env = { ...quiet, CLIQUET_NEWRELIC_CONFIG: 'newrelic.cjs', CLIQUET_NEWRELIC_ENV: 'staging' }
  const { request, end } = await startServiceProcess(views, env, { 'newrelic.cjs': configuration(collector.port) })
  const body = JSON.stringify({ data: { text: 'body-hidden' } })
  const headers = { 'content-type': 'application/json', cookie: 'session=cookie-hidden' }
  assert.equal((await request('notes?token=query-hidden', { method: 'POST', headers, body })).status, 201)
  assert.equal((await request('nowhere')).status, 404)
  assert.equal((await request('fail')).status, 500)
  const batch = JSON.stringify({ requests: [{ path: '/notes' }, { path: '/notes' }] })
  assert.equal((await request('batch', { method: 'POST', headers, body: batch })).status, 200)
  assert.equal(await end(), 0)
  assert.match(collector.told('connect'), /"bookmarks staging"/)
  const names = [...collector.told('analytic_event_data').matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name)
  assert.deepEqual(
    names.sort(),
    ['GET unknown', 'GET unnamed', 'POST batch', 'POST note-list'].map((name) => `WebTransaction/Custom/${name}`),
  )
  assert.match(collector.told('error_event_data'), /"events_seen":1}/)
  assert.match(collector.told('error_event_data'), /"error.class":"RangeError","error.message":"by design"/)
  assert.match(collector.told('error_event_data'), /"request_id":"[^"]+","service":"unnamed","user_id":"basicauth:\w+"/)
  for (const secret of ['body-hidden', 'cookie-hidden', 'query-hidden', 'bWF0OnNlY3JldA'])
    assert.ok(!collector.text().includes(secret), secret)
})

test('a configuration of the agent of Python is understood, with its environments', async () => {
  const collector = await startCollector()
  const ini = `[newrelic]
license_key = ${LICENSE}
app_name = bookmarks
host = localhost
port = ${collector.port}
transaction_tracer.enabled = true

[newrelic:dev]
app_name = bookmarks (dev)

[newrelic:production]
app_name = bookmarks (production)
`
  const env = {
    ...quiet,
    CLIQUET_NEWRELIC_CONFIG: 'newrelic.ini',
    CLIQUET_NEWRELIC_ENV: 'production',
    NODE_EXTRA_CA_CERTS: fileURLToPath(certificateFile),
  }
  const { request, end } = await startServiceProcess({}, env, { 'newrelic.ini': ini })
  await request('notes')
  assert.equal(await end(), 0)
  assert.match(collector.told('connect'), /"bookmarks \(production\)"/)
  assert.match(collector.told('analytic_event_data'), /GET note-list/)
})

test('an agent that was loaded before the service is the one that is told', async () => {
  const collector = await startCollector()
  const agent = createRequire(import.meta.url).resolve('newrelic')
  const env = {
    ...quiet,
    CLIQUET_NEWRELIC_CONFIG: 'newrelic.cjs',
    NEW_RELIC_CONFIG_FILENAME: 'newrelic.cjs',
    NODE_OPTIONS: `--require ${agent}`,
  }
  const { request, end } = await startServiceProcess(views, env, { 'newrelic.cjs': configuration(collector.port) })
  await request('fail')
  assert.equal(await end(), 0)
  assert.match(collector.told('analytic_event_data'), /GET unnamed/)
  assert.match(collector.told('error_event_data'), /"error.class":"RangeError"/)
})

test('what nobody catches is told before the process ends', async () => {
  const collector = await startCollector()
  const env = { ...quiet, CLIQUET_NEWRELIC_CONFIG: 'newrelic.cjs' }
  const crash = { crash: `setTimeout(() => { throw new RangeError('nobody caught this') }); return {}` }
  const { request, ended } = await startServiceProcess(crash, env, { 'newrelic.cjs': configuration(collector.port) })
  await request('crash').catch(() => {}) // the answer may come or not
  assert.equal(await ended, 1)
  assert.match(collector.told('error_event_data'), /"error.class":"RangeError","error.message":"nobody caught this"/)
})

test('without the agent the start says what to install', () => {
  const file = join(folderWith({ 'newrelic.json': '{"config":{}}' }), 'newrelic.json')
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) { if (name === 'newrelic') throw new RangeError('not installed'); return next(name, context) } })
    const { createService } = await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)})
    const settings = { storage_backend: 'cliquet/storage/memory', newrelic_config: ${JSON.stringify(file)} }
    await createService({ name: 'x', version: '1.0', settings }).ready().catch((error) => console.log(String(error)))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 60_000 })
  assert.equal(stdout, 'ConfigurationError: New Relic needs the package "newrelic": npm install newrelic\n')
})

test('a New Relic that is not there neither breaks a request nor keeps the service from ending', async () => {
  const env = { ...quiet, NEW_RELIC_LOG_ENABLED: 'false', CLIQUET_NEWRELIC_CONFIG: 'newrelic.cjs' }
  const { request, end } = await startServiceProcess(views, env, { 'newrelic.cjs': configuration(1) })
  assert.equal((await request('notes')).status, 200)
  assert.equal((await request('fail')).status, 500)
  const since = performance.now()
  assert.equal(await end(), 0)
  assert.ok(performance.now() - since < 20_000)
})

test('what the agent of Python is told and the agent of Node is not, is said', () => {
  const file = join(
    folderWith({ 'newrelic.ini': '[newrelic]\nlicense_key = a\nmonitor_mode = true\nweb_transactions_apdex = 1\n' }),
    'newrelic.ini',
  )
  const settings = readSettings({ name: 'x', version: '1.0', environment: {} })
  assert.deepEqual(newRelicVariables(file, settings), {
    variables: {
      NEW_RELIC_NO_CONFIG_FILE: 'true',
      NEW_RELIC_ERROR_COLLECTOR_IGNORE_ERROR_CODES: '400-599',
      NEW_RELIC_LICENSE_KEY: 'a',
      NEW_RELIC_ENABLED: 'true',
    },
    ignored: ['web_transactions_apdex'],
  })
})

test('a file of New Relic that is not there, or of another kind, ends the start', async () => {
  const folder = folderWith({ 'newrelic.yml': '', 'empty.json': '{}', 'broken.cjs': 'exports.config =' })
  for (const [file, message] of [
    ['nowhere.ini', /^ConfigurationError: setting "newrelic_config": there is no .*nowhere\.ini$/],
    [join(folder, 'empty.json'), /^ConfigurationError: setting "newrelic_config": .*empty\.json must export `config`$/],
    [join(folder, 'broken.cjs'), /^ConfigurationError: setting "newrelic_config": .*broken\.cjs can't be loaded: Unexpected end of input$/],
    [join(folder, 'newrelic.yml'), /^ConfigurationError: setting "newrelic_config" must be a \.js, \.cjs, \.mjs, \.json or \.ini file$/],
  ] as const) {
    const service = createService({ name: 'wrong', version: '1.0', settings: { ...backendSettings(), newrelic_config: file } })
    await assert.rejects(service.ready(), message)
  }
})
