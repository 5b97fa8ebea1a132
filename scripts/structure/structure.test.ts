import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatFault } from '../fault.ts'
import { plantTree } from '../fixture.ts'
import { findStructureFaults } from './rules.ts'
import { readSourceTree } from './source-tree.ts'

const src = 'packages/cliquet/src'

/** A tree without a fault; each planted one is added to it. */
const clean = {
  'packages/cliquet/package.json': '{ "name": "cliquet", "exports": { ".": "./src/index.ts", "./storage/*": "./src/storage/*/index.ts" } }',
  [`${src}/index.ts`]: "export { open } from './storage/memory/index.ts'\nexport * as Type from './schema/type.ts'\n",
  [`${src}/schema/type.ts`]: "export * from 'typebox'\n",
  [`${src}/primitives/clock.ts`]: '/** Milliseconds. */\nexport type Clock = () => number\n',
  [`${src}/drivers/sqlite/work.ts`]: '/** Work. */\nexport const work = 1\n',
  [`${src}/drivers/sql/order.ts`]: '/** Order. */\nexport const order = 1\n',
  [`${src}/storage/contract.ts`]:
    "import type { Clock } from '../primitives/clock.ts'\n/** Keeps. */\nexport interface Storage { clock: Clock }\n",
  [`${src}/storage/memory/index.ts`]:
    "import type { Storage } from '../contract.ts'\n/** Opens. */\nexport const open = (storage: Storage) => storage\n",
  [`${src}/storage/sqlite/index.ts`]: "import '../../drivers/sqlite/work.ts'\nimport '../../drivers/sql/order.ts'\n",
  [`${src}/service/settings.ts`]: '/** The environment. */\nexport const read = () => process.env\n',
  [`${src}/http/casts.ts`]: [
    "const kinds = ['a'] as const",
    '// A JSON body is an object here: the schema has said so.',
    'export { kinds } from "./kinds.ts"',
    'const x = JSON.parse("1") as number // checked by the caller',
    'export type { X } from "./kinds.ts"',
    '',
  ].join('\n'),
  'examples/bookmarks/server.ts': "import { open } from 'cliquet'\nlet state = open\nstate = open\n",
}

const faultsOf = (root: string): string[] => findStructureFaults(readSourceTree(root)).map(formatFault)

test('a clean tree has no fault', (t) => {
  assert.deepEqual(faultsOf(plantTree(t, clean)), [])
})

const plants: { title: string; files: Record<string, string>; expected: RegExp }[] = [
  {
    title: 'an import cycle is found, also through types',
    files: {
      [`${src}/model/a.ts`]: "import type { B } from './b.ts'\n",
      [`${src}/model/b.ts`]: "\nexport type { A as B } from './a.ts'\n",
    },
    expected: /model\/a\.ts:1 import cycle: .*a\.ts → .*b\.ts → .*a\.ts$/,
  },
  {
    title: 'a cycle through the name of the package is found',
    files: { [`${src}/storage/memory/index.ts`]: "/** Opens. */\nexport const open = 1\nimport 'cliquet/storage/memory'\n" },
    expected: /memory\/index\.ts:3 import cycle/,
  },
  {
    title: 'an import sideways is found',
    files: { [`${src}/model/rule.ts`]: "\nimport '../http/casts.ts'\n" },
    expected: /rule\.ts:2 model \(floor 5\) may not import sideways from http \(floor 5\)/,
  },
  {
    title: 'an import type from a higher floor is found',
    files: { [`${src}/primitives/up.ts`]: "type Up = import('../http/casts.ts').X\n" },
    expected: /up\.ts:1 primitives \(floor \d\) may not import up from http \(floor 5\)/,
  },
  {
    title: 'a dynamic import from a higher floor is found',
    files: { [`${src}/drivers/late.ts`]: "await import('../http/casts.ts')\n" },
    expected: /late\.ts:1 drivers \(floor 2\) may not import up/,
  },
  {
    title: 'an implementation that imports its neighbour is found',
    files: { [`${src}/storage/sqlite/copy.ts`]: "import '../memory/index.ts'\n" },
    expected: /copy\.ts:1 storage\/sqlite may not import its neighbour storage\/memory/,
  },
  {
    title: 'what implementations share and imports one of them is found',
    files: { [`${src}/storage/evaluation/copy.ts`]: "import '../memory/index.ts'\n" },
    expected: /copy\.ts:1 storage\/evaluation may not import its neighbour storage\/memory/,
  },
  {
    title: 'a conformance suite that imports an implementation is found',
    files: { [`${src}/storage/conformance/suite.ts`]: "import '../memory/index.ts'\n" },
    expected: /suite\.ts:1 storage\/conformance may not import its neighbour/,
  },
  {
    title: 'a contract that imports an implementation is found',
    files: { [`${src}/storage/choice.ts`]: "import './memory/index.ts'\n" },
    expected: /choice\.ts:1 the contract storage\/ may not import its implementation/,
  },
  {
    title: "an implementation that imports another engine's driver is found",
    files: { [`${src}/cache/redis/index.ts`]: "import '../../drivers/sqlite/work.ts'\n" },
    expected: /redis\/index\.ts:1 cache\/redis may not import drivers\/sqlite/,
  },
  {
    title: 'a folder without a floor is found',
    files: { [`${src}/attic/thing.ts`]: "import '../primitives/clock.ts'\n" },
    expected: /thing\.ts:1 attic has no floor/,
  },
  {
    title: 'a file of 401 lines is found',
    files: { 'bench/long.ts': '//\n'.repeat(401) },
    expected: /bench\/long\.ts:401 401 lines; 400 at most/,
  },
  { title: 'a file name in camel case is found', files: { 'scripts/someThing.ts': '' }, expected: /someThing\.ts:1 .* is not kebab-case/ },
  { title: 'an attic is found', files: { [`${src}/http/utils.ts`]: '' }, expected: /utils\.ts:1 "utils" says nothing/ },
  {
    title: 'an exported const without a doc comment is found',
    files: { [`${src}/http/x.ts`]: '\n// no doc comment\nexport const x = 1\n' },
    expected: /x\.ts:3 exported "x" has no doc comment/,
  },
  {
    title: 'an exported interface with an empty doc comment is found',
    files: { [`${src}/http/x.ts`]: '/** */\nexport interface X {}\n' },
    expected: /x\.ts:2 exported "X" has no doc comment/,
  },
  {
    title: 'a declaration exported by a list without a doc comment is found',
    files: { [`${src}/http/x.ts`]: 'function x() {}\nexport { x as y }\n' },
    expected: /x\.ts:1 exported "x" has no doc comment/,
  },
  { title: '`any` is found', files: { [`${src}/http/x.ts`]: 'const x: any = 1\n' }, expected: /x\.ts:1 `any`/ },
  {
    title: 'a double cast is found even when it is explained',
    files: { [`${src}/http/x.ts`]: '// because\nconst x = 1 as unknown as string\n' },
    expected: /x\.ts:2 double cast/,
  },
  {
    title: 'a non-null assertion is found',
    files: { [`${src}/http/x.ts`]: 'const x = [1]\nx[0]!.toFixed()\n' },
    expected: /x\.ts:2 non-null/,
  },
  { title: 'a definite assignment is found', files: { [`${src}/http/x.ts`]: 'class X {\n  x!: 1\n}\n' }, expected: /x\.ts:2 definite/ },
  {
    title: 'a silenced compiler is found',
    files: { [`${src}/http/x.ts`]: '\n// @ts-expect-error: so\n' },
    expected: /x\.ts:2 @ts-expect-error/,
  },
  {
    title: 'a cast without a comment is found, and `//` in a string is no comment',
    files: { [`${src}/http/x.ts`]: "\nconst x = 'http://x' as string\n" },
    expected: /x\.ts:2 `as` without a comment/,
  },
  { title: 'a bare error is found', files: { [`${src}/http/x.ts`]: "\nthrow new Error('x')\n" }, expected: /x\.ts:2 `throw new Error`/ },
  { title: '`export *` is found', files: { [`${src}/http/x.ts`]: "export * from './casts.ts'\n" }, expected: /x\.ts:1 `export \*`/ },
  {
    title: 'module-level state is found',
    files: { [`${src}/http/x.ts`]: 'let x = 1\nx = 2\n' },
    expected: /x\.ts:1 state at module level/,
  },
  { title: '`process.env` is found', files: { [`${src}/http/x.ts`]: '\nvoid process.env.PORT\n' }, expected: /x\.ts:2 `process\.env`/ },
  {
    title: 'the environment imported by name is found',
    files: { [`${src}/http/x.ts`]: "import { env } from 'node:process'\n" },
    expected: /x\.ts:1 `process\.env`/,
  },
  {
    title: 'the path of one machine is found in any file',
    files: { 'docs/start.md': ['see', `${['', 'work', 'main'].join('/')}`].join('\n') },
    expected: /docs\/start\.md:2 .* names a folder of one machine/,
  },
  {
    title: 'the host of a package registry is found',
    files: { 'package-lock.json': `{ "resolved": "https://registry.${['npmjs', 'org'].join('.')}/x" }` },
    expected: /package-lock\.json:1 .* names the host of a package registry/,
  },
]

for (const { title, files, expected } of plants) {
  test(title, (t) => {
    const faults = faultsOf(plantTree(t, { ...clean, ...files }))
    assert.equal(faults.length, 1, faults.join('\n'))
    assert.match(faults[0] ?? '', expected)
  })
}

test('the file `.git` of a second worktree, which names the first, is no fault', (t) => {
  assert.deepEqual(faultsOf(plantTree(t, { ...clean, '.git': `gitdir: ${['', 'work', 'main', '.git'].join('/')}\n` })), [])
})
