import assert from 'node:assert/strict'
import { test } from 'node:test'
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

test('a backend that keeps nothing has nothing to find after a crash', async (t) => {
  const { code, stderr } = await runCommandLine(t, 'crash.ts', ['--backend', 'memory'])
  assert.equal(stderr, 'crash: nothing to find after a crash of memory: its records end with the process\n')
  assert.equal(code, 2)
})
