import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { it } from 'node:test'
import { createMemoryStorage } from '../../src/storage/memory/index.ts'
import { account } from '../../src/testing/account.ts'
import { storageSuite } from '../../src/testing/storage-conformance.ts'
import { promisesNamed } from '../../src/testing/suite.ts'

const suite = { contract: 'storage', name: 'some', promises: ['S1', 'S2', 'S3'], gaps: [] }
const passed = { title: '', passed: true }

it('a promise is proven when at least one test concerned it and all of them passed', () => {
  const { proven, broken, complaints, line } = account(suite, [
    { ...passed, promises: ['S1', 'S2'] },
    { ...passed, promises: ['S2'], passed: false },
    { ...passed, promises: ['S3'] },
  ])
  assert.deepEqual([proven, broken, complaints], [['S1', 'S3'], ['S2'], ['S2 is broken']])
  assert.equal(line, 'storage conformance: some: 3 promises, 2 proven, 0 gaps, 1 broken (S2)')
})

it('a promise without a test is a complaint, unless it is a declared gap', () => {
  const results = [{ ...passed, promises: ['S1', 'S3'] }]
  assert.match(account(suite, results).complaints.join(), /^S2 was proven by no test/)
  const declared = account({ ...suite, gaps: [{ promise: 'S2', why: 'no clock' }] }, results)
  assert.deepEqual(declared.complaints, [])
  assert.equal(declared.line, 'storage conformance: some: 3 promises, 2 proven, 1 gap (S2: no clock)')
})

it('a gap that names no promise, or has no reason, is a complaint', () => {
  const gaps = [
    { promise: 'S99', why: 'x' },
    { promise: 'S2', why: ' ' },
  ]
  const { complaints } = account({ ...suite, gaps }, [{ ...passed, promises: ['S1', 'S3'] }])
  assert.deepEqual(complaints, ['the gap S99 names no promise of this contract', 'the gap S2 has no reason'])
})

it('every promise of the contract has a test, and every title names promises', () => {
  const { promises, tests } = storageSuite('memory', () => createMemoryStorage())
  const named = new Set(tests.flatMap(({ title }) => promisesNamed(title)))
  assert.deepEqual(
    promises.filter((promise) => !named.has(promise)),
    [],
  )
  for (const { title } of tests) assert.ok(promisesNamed(title).length > 0, title)
})

it('registered with node:test, an unknown gap and a missing ability fail, and the line says what ran', () => {
  const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)
  const program = `
    import { createMemoryStorage } from ${source('storage/memory/index.ts')}
    import { storageConformance } from ${source('testing/index.ts')}
    storageConformance('memory', ({ clock }) => createMemoryStorage({ clock }), {
      gaps: [{ promise: 'S32', why: 'no rollback' }, { promise: 'S99', why: 'made up' }],
      seed: 7,
    })`
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', program], { env, encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stdout, /the gap S99 names no promise of this contract/)
  assert.match(stdout, /S25 was proven by no test/)
  const line =
    /storage conformance: memory: 39 promises, 35 proven, 2 gaps \(S32: no rollback; S99: made up\), 3 not proven \(S12, S25, S30\), seed 7/
  assert.match(stdout, line)
})
