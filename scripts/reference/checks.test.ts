import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postgresUrl, redisUrl, skipWithout } from '../../packages/cliquet/test/servers/server-urls.ts'
import { plantTree } from '../fixture.ts'
import { runCommandLine, startCommand } from './command-run.ts'
import { needsShared } from './shared-folder.ts'

const runs: readonly { readonly args: readonly string[]; readonly skip?: false | string }[] = [
  { args: ['--backend', 'sqlite'] },
  { args: ['--backend', 'memory'] },
  { args: ['--processes', '2'] },
  { args: ['--backend', 'postgresql', '--processes', '2'], skip: skipWithout(postgresUrl, 'PostgreSQL') },
  { args: ['--backend', 'redis', '--processes', '2'], skip: skipWithout(redisUrl, 'Redis') },
]

for (const { args, skip = false } of runs) {
  test(`R9.4 R6.10: no change is missed and no conditional write races (${args.join(' ')})`, { skip }, async (t) => {
    if (needsShared(t) === undefined) return
    const run = startCommand(t, 'checks.ts', ['--seconds', '2', ...args])
    const { code, stdout, last } = await run.ended
    assert.match(last, /^checks: .*: 2 passed, 0 failed$/, stdout)
    assert.equal(code, 0)
    assert.deepEqual([run.folders(), run.processes()], [[], []])
  })
}

test('a check that fails fails the run; the others run all the same', async (t) => {
  const root = plantTree(t, {
    'checks/a.mjs': "console.log('a was here'); process.exitCode = 1",
    'checks/b.mjs': 'console.log((await fetch(process.argv[3])).status)',
  })
  const { code, stdout } = await runCommandLine(t, 'checks.ts', ['--backend', 'memory'], { CLIQUET_SHARED: root })
  assert.equal(stdout, 'a was here\nFAIL a.mjs: exit code 1\n401\nchecks: memory: 1 passed, 1 failed\n')
  assert.equal(code, 1)
})

test('without the shared folder the command says what is missing and exits with 2', async (t) => {
  const { code, stderr } = await runCommandLine(t, 'checks.ts', [], { CLIQUET_SHARED: '/no/such' })
  assert.match(stderr, /^checks: \/no\/such\/checks is missing; [^\n]*\n$/)
  assert.equal(code, 2)
})
