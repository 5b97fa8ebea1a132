import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCommandLine } from './command-run.ts'
import { needsShared } from './shared-folder.ts'

const suites = ['crud', 'preconditions', 'query', 'permissions', 'errors']

for (const backend of ['sqlite', 'memory']) {
  for (const suite of suites) {
    test(`${backend} answers every exchange of toolkit-${suite} as it was recorded`, async (t) => {
      const shared = needsShared(t)
      if (shared === undefined) return
      const { code, stdout } = await runCommandLine(t, 'golden.ts', ['--backend', backend, join(shared, 'golden', `toolkit-${suite}.json`)])
      assert.equal(code, 0, stdout)
    })
  }
}
