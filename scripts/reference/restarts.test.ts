import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postgresUrl, skipWithout } from '../../packages/cliquet/test/servers/server-urls.ts'
import { runCommandLine, startCommand } from './command-run.ts'

const sound = 'refused=0 reset=0 lost=0 unexpected=0 unanswered=0 missing=0'

for (const { backend, skip } of [
  { backend: 'sqlite', skip: false },
  { backend: 'postgresql', skip: skipWithout(postgresUrl, 'PostgreSQL') },
]) {
  test(`no request is refused, cut or lost when the workers of a service on ${backend} are replaced under load, or end`, {
    skip,
  }, async (t) => {
    const options = ['--backend', backend, '--rounds', '1', '--restarts', '2', '--kept', '4', '--fresh', '4']
    const run = startCommand(t, 'restarts.ts', options)
    const { code, stdout, stderr, last } = await run.ended
    const sums = `^restarts: ${backend}: 2 workers, 2 restarts and 1 ends, [1-9]\\d* requests on kept connections, [1-9]\\d* on new ones, ${sound};`
    assert.match(last, new RegExp(sums), stdout + stderr)
    assert.equal(code, 0)
    assert.deepEqual([run.folders(), run.processes()], [[], []])
  })
}

test('a backend that workers can not share is refused', async (t) => {
  const { code, stderr } = await runCommandLine(t, 'restarts.ts', ['--backend', 'memory', '--workers', '1'])
  assert.match(stderr, /^restarts: memory cannot be shared by 2 processes: /)
  assert.equal(code, 2)
})
