import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postgresUrl, skipWithout } from '../../packages/cliquet/test/servers/server-urls.ts'
import { runCommandLine, startCommand } from './command-run.ts'

test('R9.1: what was acknowledged survives a kill under load, and the timestamp does not go back', async (t) => {
  const run = startCommand(t, 'crash.ts', ['--kills', '2', '--seconds-between', '0.2-0.4'])
  const { code, stdout, stderr, last } = await run.ended
  assert.match(
    last,
    /^crash: sqlite: 2 kills, [1-9]\d* acknowledged writes, .*lost=0 backwards=0 .*errors=0 integrity=ok$/,
    stdout + stderr,
  )
  assert.equal(code, 0)
  assert.deepEqual([run.folders(), run.processes()], [[], []])
})

test('R3.19 R9.1: a service goes on within 2 s when the server of its database was killed under load, and nothing acknowledged is lost', {
  skip: skipWithout(postgresUrl, 'PostgreSQL'),
}, async (t) => {
  const run = startCommand(t, 'crash.ts', ['--backend', 'postgresql', '--kill', 'server', '--kills', '2', '--seconds-between', '0.2-0.4'])
  const { code, stdout, stderr, last } = await run.ended
  assert.match(
    last,
    /^crash: postgresql: 2 kills of the server, [1-9]\d* acknowledged writes, 0 unanswered, slowest recovery \d+ ms, lost=0 backwards=0 reused=0 /,
    stdout + stderr,
  )
  assert.equal(code, 0, stdout)
  assert.deepEqual([run.folders(), run.processes()], [[], []])
})

test('only a service, or the server of a backend that has one, can be killed', async (t) => {
  const { code, stderr } = await runCommandLine(t, 'crash.ts', ['--kill', 'server'])
  assert.deepEqual([code, stderr], [2, 'crash: sqlite has no server that could be killed\n'])
  const other = await runCommandLine(t, 'crash.ts', ['--kill', 'time'])
  assert.deepEqual([other.code, other.stderr], [2, 'crash: --kill must be service or server, not "time"\n'])
})

test('a backend that keeps nothing has nothing to find after a crash', async (t) => {
  const { code, stderr } = await runCommandLine(t, 'crash.ts', ['--backend', 'memory'])
  assert.equal(stderr, 'crash: nothing to find after a crash of memory: its records end with the process\n')
  assert.equal(code, 2)
})
