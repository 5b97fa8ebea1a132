import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { plantTree } from './fixture.ts'

const repository = join(import.meta.dirname, '..')

/** A small workspace with our own settings and tools, and nothing to complain about. */
const clean = {
  'package.json': '{ "type": "module" }',
  'tsconfig.json': readFileSync(join(repository, 'tsconfig.json'), 'utf8').replace('node_modules/.cache/', ''),
  '.gitignore': '*.json\nnode_modules\n',
  'biome.json': readFileSync(join(repository, 'biome.json'), 'utf8'),
  'packages/cliquet/src/index.ts': '/** The answer. */\nexport const answer: number = 42\n',
  'packages/cliquet/test/answer.test.ts': "import { test } from 'node:test'\n\ntest('it holds', () => {})\n",
  'README.md': '```ts\nexport const one: number = 1\n```\n',
}

const check = (t: TestContext, files: Record<string, string>, args: string[]) => {
  const root = plantTree(t, { ...clean, ...files })
  // Never `scripts`: its tests would find themselves in the tree, and run without end.
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'), 'dir')
  // Without this a test run inside a test run reports to its parent instead of to us.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(repository, 'scripts/check.ts'), ...args], {
    cwd: root,
    encoding: 'utf8',
    env,
    timeout: 60_000,
  })
  return { status, output: stdout + stderr }
}

test('a clean workspace passes every gate, one line each', (t) => {
  const { status, output } = check(t, {}, [])
  assert.equal(status, 0, output)
  const names = output
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/).slice(0, 2).join(' '))
  assert.deepEqual(names.toSorted(), ['✔ docs', '✔ lint', '✔ structure', '✔ tests', '✔ types'])
  assert.match(output, /✔ tests +\d+\.\d s {2}pass 1$/m)
})

const plants: { gate: string; title: string; files: Record<string, string>; expected: RegExp }[] = [
  {
    gate: 'types',
    title: 'a wrong type fails the types gate',
    files: { 'packages/cliquet/src/index.ts': "/** The answer. */\nexport const answer: number = '42'\n" },
    expected: /packages\/cliquet\/src\/index\.ts\(2,14\): error TS2322/,
  },
  {
    gate: 'types',
    title: 'syntax that Node cannot strip fails the types gate',
    files: { 'packages/cliquet/src/index.ts': '/** The answer. */\nexport enum Answer {\n  yes,\n}\n' },
    expected: /index\.ts\(2,13\): error TS1294/,
  },
  {
    gate: 'lint',
    title: 'an `any` fails the lint gate, in tests too',
    files: { 'packages/cliquet/test/any.ts': 'export const x = (y: any) => y\n' },
    expected: /packages\/cliquet\/test\/any\.ts:1:22 lint\/suspicious\/noExplicitAny/,
  },
  {
    gate: 'lint',
    title: 'a non-null assertion fails the lint gate, in tests too',
    files: { 'packages/cliquet/test/bang.ts': 'export const x = (y?: string) => y!.length\n' },
    expected: /bang\.ts:1:\d+ lint\/style\/noNonNullAssertion/,
  },
  {
    gate: 'lint',
    title: 'a semicolon fails the lint gate: the format is part of it',
    files: { 'packages/cliquet/test/semicolon.ts': 'export const x = 1;\n' },
    expected: /semicolon\.ts format/,
  },
  {
    gate: 'structure',
    title: 'a bare error fails the structure gate',
    files: { 'packages/cliquet/src/index.ts': "/** Fails. */\nexport const fail = () => {\n  throw new Error('x')\n}\n" },
    expected: /packages\/cliquet\/src\/index\.ts:3 `throw new Error`/,
  },
  {
    gate: 'docs',
    title: 'a wrong snippet fails the docs gate',
    files: { 'README.md': "```ts\nexport const one: number = '1'\n```\n" },
    expected: /README\.md:2 Type 'string'/,
  },
  {
    gate: 'tests',
    title: 'a failing test fails the tests gate',
    files: {
      'packages/cliquet/test/no.test.ts': "import { test } from 'node:test'\n\ntest('no', () => {\n  throw new TypeError('planted')\n})\n",
    },
    expected: /no\.test\.ts:\d+:\d+[\s\S]*planted/,
  },
]

for (const { gate, title, files, expected } of plants) {
  test(title, (t) => {
    const { status, output } = check(t, files, [gate])
    assert.equal(status, 1, output)
    assert.match(output, new RegExp(`^✖ ${gate} `, 'm'))
    assert.match(output, expected)
  })
}

test('a gate that does not exist is refused with the names of those that do', (t) => {
  const { status, output } = check(t, {}, ['tpyes'])
  assert.equal(status, 2)
  assert.equal(output, 'No gate "tpyes". There are: types, lint, structure, docs, tests.\n')
})

test('the report prints the watched numbers and fails nothing', (t) => {
  const { status, output } = check(t, { 'packages/cliquet/package.json': '{ "dependencies": { "a": "1" } }' }, ['--report'])
  assert.equal(status, 0, output)
  assert.match(output, /^median file +2 lines/m)
  assert.match(output, /^direct dependencies of cliquet +1 /m)
})
