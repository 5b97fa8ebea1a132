import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { callerPath, needsShared, sharedFolder } from './shared-folder.ts'

/** Sets variables until the test ends. */
const setVariables = (t: TestContext, variables: Record<string, string>): void => {
  const before = { ...process.env }
  t.after(() => {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  })
  Object.assign(process.env, variables)
}

const skipping = () => {
  const messages: (string | undefined)[] = []
  return { messages, context: { skip: (message?: string) => void messages.push(message) } }
}

test('a test that needs the shared folder is skipped without it and says so, and fails with CI=true', (t) => {
  setVariables(t, { CLIQUET_SHARED: '/no/such/folder', CI: '' })
  const { messages, context } = skipping()
  assert.equal(needsShared(context), undefined)
  assert.deepEqual(messages, ['the shared folder does not lie beside the repository'])
  setVariables(t, { CI: 'true' })
  assert.throws(() => needsShared(context), /with CI=true/)
})

test('CLIQUET_SHARED says where the shared folder is', (t) => {
  setVariables(t, { CLIQUET_SHARED: import.meta.dirname })
  assert.equal(sharedFolder(), import.meta.dirname)
  assert.equal(needsShared(skipping().context), import.meta.dirname)
})

test('a path of the command line is relative to where npm was called', (t) => {
  setVariables(t, { INIT_CWD: '/somewhere/else' })
  assert.equal(callerPath('../suite.json'), '/somewhere/suite.json')
  assert.equal(callerPath('/an/absolute.json'), '/an/absolute.json')
})
