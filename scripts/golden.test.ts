import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { plantTree } from './fixture.ts'
import { runCommandLine, startCommand, until } from './reference/command-run.ts'
import { needsShared } from './reference/shared-folder.ts'

const heartbeat = (body: unknown) => ({
  method: 'GET',
  path: '/__lbheartbeat__',
  expect: { status: 200, headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }, body },
})

/** A suite of one resource whose scenario `works` has two exchanges. */
const tinySuite = (secondBody: unknown) => ({
  app: 'toolkit',
  prefix: 'v0',
  authorization: 'authenticated',
  settings: { project_name: 'tiny', http_api_version: '0.1' },
  resources: { spore: { path: '/spores', perUser: false, unknown: 'preserve', fields: {} } },
  scenarios: [{ name: 'works', steps: [heartbeat({}), heartbeat(secondBody)] }],
})

const row = (step: number) => ({ suite: 'tiny.json', scenario: 'works', step, rule: 'R1.1', why: 'a test' })

/** Writes a suite, and exceptions beside it, into a folder. */
const plantSuite = (t: TestContext, secondBody: unknown, exceptions: readonly object[] = []): string =>
  join(plantTree(t, { 'tiny.json': JSON.stringify(tinySuite(secondBody)), 'exceptions.json': JSON.stringify(exceptions) }), 'tiny.json')

test('a suite that matches passes, the counts come last, and nothing is left', async (t) => {
  if (needsShared(t) === undefined) return
  const run = startCommand(t, 'golden.ts', ['--backend', 'memory', plantSuite(t, {})])
  const { code, last, stderr } = await run.ended
  assert.equal(last, 'golden: memory: 2 passed, 0 failed, 0 excepted', stderr)
  assert.equal(code, 0)
  assert.deepEqual([run.folders(), run.processes()], [[], []])
})

test('a wrong expectation fails the run and is shown', async (t) => {
  if (needsShared(t) === undefined) return
  const { code, last, stdout } = await runCommandLine(t, 'golden.ts', [plantSuite(t, { wrong: true })])
  assert.equal(last, 'golden: sqlite: 1 passed, 1 failed, 0 excepted')
  assert.match(stdout, /^FAIL works #2 GET \/__lbheartbeat__$/m)
  assert.equal(code, 1)
})

test('an exception is counted wherever it is listed: beside the suite or in the list of the repository', async (t) => {
  if (needsShared(t) === undefined) return
  const ours = join(plantTree(t, { 'ours.json': JSON.stringify([row(2)]) }), 'ours.json')
  const arguments_ = [[plantSuite(t, { wrong: true }, [row(2)])], ['--exceptions', ours, plantSuite(t, { wrong: true })]]
  for (const args of arguments_) {
    const { code, last } = await runCommandLine(t, 'golden.ts', args)
    assert.equal(last, 'golden: sqlite: 1 passed, 0 failed, 1 excepted')
    assert.equal(code, 0)
  }
})

test('a listed exception that passes fails the run, and so does one that is not there', async (t) => {
  if (needsShared(t) === undefined) return
  const { code, last, stdout } = await runCommandLine(t, 'golden.ts', [plantSuite(t, {}, [row(1), row(7)])])
  assert.equal(last, 'golden: sqlite: 1 passed, 2 failed, 0 excepted')
  assert.match(stdout, /listed as an exception, but passes: works #1 GET/)
  assert.match(stdout, /listed as an exception, but not there: works #7/)
  assert.equal(code, 1)
})

test('a run that plays no exchange fails', async (t) => {
  if (needsShared(t) === undefined) return
  const { code, stdout } = await runCommandLine(t, 'golden.ts', ['--only', 'nothing', plantSuite(t, {})])
  assert.match(stdout, /no exchange was played/)
  assert.equal(code, 1)
})

test('a command that cannot run says why in one line and exits with 2', async (t) => {
  const suite = plantSuite(t, {})
  const shared = { CLIQUET_SHARED: needsShared(t) ?? '' }
  const cases = [
    { args: ['--backend', 'mongo', suite], says: /no backend "mongo"\. There are: sqlite, postgresql, redis, memory/ },
    { args: ['--backend', 'memory', '--processes', '2', suite], says: /each process would have records of its own/ },
    { args: [suite], environment: { CLIQUET_SHARED: '/no/such' }, says: /replay\.mjs is missing/ },
    ...(shared.CLIQUET_SHARED === ''
      ? []
      : [
          { args: [`${suite}.not`], says: /no such file/ },
          { args: [], says: /give the suites by path/ },
        ]),
  ]
  for (const { args, environment, says } of cases) {
    const { code, stderr } = await runCommandLine(t, 'golden.ts', args, environment ?? shared)
    assert.match(stderr, says)
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
    assert.equal(code, 2)
  }
})

test('several processes behind one port pass too, and end when the command is interrupted or killed', async (t) => {
  const shared = needsShared(t)
  if (shared === undefined) return
  const suite = join(shared, 'golden', 'toolkit-crud.json')
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const run = startCommand(t, 'golden.ts', ['--processes', '2', suite, suite, suite])
    await until(() => run.processes().length === 3, 'one process that leads and two that serve')
    run.child.kill(signal)
    const { code, stdout } = await run.ended
    assert.doesNotMatch(stdout, /FAIL/)
    assert.equal(code, signal === 'SIGINT' ? 130 : null)
    await until(() => run.processes().length === 0, 'no process is left')
    if (signal === 'SIGINT') assert.deepEqual(run.folders(), [])
  }
  const { code, last } = await runCommandLine(t, 'golden.ts', ['--processes', '2', plantSuite(t, {})])
  assert.equal(last, 'golden: sqlite, 2 processes: 2 passed, 0 failed, 0 excepted')
  assert.equal(code, 0)
})
