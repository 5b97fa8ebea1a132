import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { plantTree } from '../fixture.ts'
import { until } from '../reference/command-run.ts'
import { findProgram } from './programs.ts'
import { ask } from './question.ts'

const places = {
  CLIQUET_TEST_POSTGRESQL_URL: 'postgresql://given/1',
  CLIQUET_TEST_REDIS_URL: 'redis://given/2',
  CLIQUET_TEST_REDIS_CLUSTER_URL: 'redis+cluster://given',
  CLIQUET_TEST_MEMCACHED_URL: 'memcached://given',
}
const nowhere = Object.fromEntries(Object.keys(places).map((name) => [name, '']))

/** A run of the test command on one test file. */
function startRun(t: TestContext, body: string, environment: NodeJS.ProcessEnv) {
  const text = `import { test } from 'node:test'\ntest('it', async () => { ${body} })\n`
  const file = join(plantTree(t, { 'it.test.mjs': text }), 'it.test.mjs')
  const { NODE_TEST_CONTEXT: _, CI: __, ...inherited } = process.env
  const child = spawn(process.execPath, [join(import.meta.dirname, '../test.ts'), '--test', '--test-reporter=spec', file], {
    env: { ...inherited, ...nowhere, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (part: string) => (said[name] += part))
  return { child, said, ended: once(child, 'close').then(([code]: unknown[]) => ({ ...said, code })) }
}

const show = `console.log(Object.entries(process.env).filter(([name]) => name.startsWith('CLIQUET_TEST_')).map((pair) => pair.join('=')).join('\\n'))`

test('servers that the environment names are used as they are, and the exit code is that of the tests', async (t) => {
  const { stdout, stderr, code } = await startRun(t, `${show}; throw new RangeError('red')`, places).ended
  for (const [name, url] of Object.entries(places)) assert.ok(stdout.includes(`${name}=${url}\n`))
  assert.deepEqual([stderr, code], ['', 1])
})

test('tests are told servers of their own, which are gone afterwards; nothing is said after the account', {
  skip: findProgram(['redis-server']) === undefined && 'no redis-server here',
}, async (t) => {
  const given = { ...places, CLIQUET_TEST_REDIS_URL: '' }
  const { stdout, stderr, code } = await startRun(t, show, given).ended
  const port = Number(/REDIS_URL=redis:\/\/127\.0\.0\.1:(\d+)\/0/.exec(stdout)?.[1])
  await assert.rejects(ask(port, 'PING'), { code: 'ECONNREFUSED' })
  assert.match(stdout, /ℹ pass 1\n(ℹ .*\n)*$/)
  assert.deepEqual([stderr, code], ['', 0])
})

test('what the machine does not have is told in one line each, and its tests can be skipped', async (t) => {
  const given = { CLIQUET_TEST_POSTGRESQL_URL: places.CLIQUET_TEST_POSTGRESQL_URL, PATH: '' }
  const { stderr, code } = await startRun(t, '', given).ended
  assert.deepEqual(stderr.trimEnd().split('\n').sort(), [
    'Memcached: no memcached in PATH: apt-get install memcached, or brew install memcached; or set CLIQUET_TEST_MEMCACHED_URL. Its tests are skipped.',
    ...[
      ['Redis cluster', 'REDIS_CLUSTER'],
      ['Redis', 'REDIS'],
    ].map(
      ([name, word]) =>
        `${name}: no redis-server or valkey-server in PATH: apt-get install redis-server, or brew install redis; or set CLIQUET_TEST_${word}_URL. Its tests are skipped.`,
    ),
  ])
  assert.equal(code, 0)
})

test('with CI=true what the machine does not have is a failure, and nothing is run', async (t) => {
  const { stdout, stderr, code } = await startRun(t, '', { ...places, CLIQUET_TEST_MEMCACHED_URL: '', PATH: '', CI: 'true' }).ended
  assert.match(stderr, /^(no .*\.\n)*Memcached: no memcached .* set CLIQUET_TEST_MEMCACHED_URL\.\n$/)
  assert.deepEqual([stdout, code], ['', 1])
})

test('an interrupted run ends its servers too', { skip: findProgram(['memcached']) === undefined && 'no memcached here' }, async (t) => {
  const file = join(plantTree(t, {}), 'port')
  const body = `(await import('node:fs')).writeFileSync(${JSON.stringify(file)}, process.env.CLIQUET_TEST_MEMCACHED_URL); await new Promise((resolve) => setTimeout(resolve, 60_000))`
  const run = startRun(t, body, { ...places, CLIQUET_TEST_MEMCACHED_URL: '' })
  const written = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  await until(() => written() !== '', 'the test runs')
  const port = Number(new URL(written()).port)
  assert.match(await ask(port, 'version'), /^VERSION/)
  run.child.kill('SIGINT')
  const { code } = await run.ended
  assert.notEqual(code, 0)
  await assert.rejects(ask(port, 'version'), { code: 'ECONNREFUSED' })
})
