import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { formatFault } from '../fault.ts'
import { plantTree } from '../fixture.ts'
import { findStaleCopies, readPages } from './pages.ts'
import { findSnippetFaults } from './snippets.ts'

const repository = join(import.meta.dirname, '../..')

const faultsOf = (t: TestContext, files: Record<string, string>): string[] => {
  const root = plantTree(t, { 'tsconfig.json': `{ "extends": ${JSON.stringify(join(repository, 'tsconfig.json'))} }`, ...files })
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'), 'dir')
  const { blocks, faults } = readPages(root)
  return [...faults, ...findStaleCopies(root, blocks), ...findSnippetFaults(root, blocks)].map(formatFault)
}

const block = (...lines: string[]): string => ['```ts', ...lines, '```', ''].join('\n')
const server = '// why\n  // #region readme\nconst answer = 42\nconsole.log(answer)\n// #endregion\nconst hidden = 1\n'

test('clean pages have no fault: imports, top-level await, continuations, copies of files', (t) => {
  const readme = [
    '# Title',
    block("import { readFile } from 'node:fs/promises'", "const text = await readFile('x', 'utf8')"),
    '<!-- snippet: continues -->',
    block('console.log(text.length)'),
    block('const text: number = 1', 'console.log(text)'),
    '- in a list',
    '',
    '  ```ts',
    '  console.log(1)',
    '  ```',
    '<!-- file: server.ts -->',
    '',
    block('const answer = 42', 'console.log(answer)'),
    '<!-- file: plain.txt -->',
    '```',
    'all of it',
    '```',
    '<!-- an ordinary: comment -->',
    '```sh',
    'not TypeScript at all',
    '```',
  ].join('\n')
  assert.deepEqual(faultsOf(t, { 'README.md': readme, 'server.ts': server, 'plain.txt': 'all of it\n' }), [])
})

const plants: { title: string; files: Record<string, string>; expected: RegExp }[] = [
  {
    title: 'a snippet that does not compile is found at its line of the page',
    files: { 'docs/guide/start.md': `# Start\n\n${block('const one = 1', "const two: number = 'two'")}` },
    expected: /^docs\/guide\/start\.md:5 Type 'string' is not assignable to type 'number'/,
  },
  {
    title: 'a snippet that uses a name of an earlier block without saying so is found',
    files: { 'README.md': `${block('const one = 1')}\n${block('console.log(one)')}` },
    expected: /^README\.md:6 Cannot find name 'one'/,
  },
  {
    title: 'a fault in a continued snippet is told at its own line, once',
    files: { 'README.md': `${block("const one: number = 'x'")}<!-- snippet: continues -->\n${block('console.log(one)')}` },
    expected: /^README\.md:2 Type/,
  },
  {
    title: 'an import that does not exist is found',
    files: { 'README.md': block("import { nothing } from 'node:fs'", 'nothing()') },
    expected: /^README\.md:2 .*no exported member 'nothing'/,
  },
  {
    title: 'a snippet that breaks the strictness of the workspace is found',
    files: { 'README.md': block('const list = [1]', 'const first: number = list[0]', 'console.log(first)') },
    expected: /^README\.md:3 .*undefined/,
  },
  {
    title: 'a syntax error is found',
    files: { 'README.md': block('const one: = 1') },
    expected: /^README\.md:2 Type expected/,
  },
  {
    title: 'a block that asks to be ignored is refused',
    files: { 'README.md': '```ts ignore\nconst one = 1\n```\n' },
    expected: /^README\.md:1 "ts ignore": a ts block takes no further words/,
  },
  {
    title: 'an unknown snippet marker is found',
    files: { 'README.md': `<!-- snippet: ignore -->\n${block('const one = 1')}` },
    expected: /^README\.md:2 unknown marker "ignore"/,
  },
  {
    title: 'a copy that differs from its file in one character is found',
    files: { 'README.md': `<!-- file: server.ts -->\n${block('const answer = 42', 'console.log(answer) ')}`, 'server.ts': server },
    expected: /^README\.md:4 differs from server\.ts; there it reads: console\.log\(answer\)$/,
  },
  {
    title: 'a copy that lacks the last line of its file is found',
    files: { 'README.md': `<!-- file: server.ts -->\n${block('const answer = 42')}`, 'server.ts': server },
    expected: /^README\.md:4 differs from server\.ts; there it reads: console\.log/,
  },
  {
    title: 'a copy of a file that is gone is found',
    files: { 'README.md': `<!-- file: gone.ts -->\n${block('const one = 1')}` },
    expected: /^README\.md:2 gone\.ts does not exist/,
  },
  {
    title: 'a file marker without a block is found',
    files: { 'README.md': '<!-- file: server.ts -->\nwords\n', 'server.ts': server },
    expected: /^README\.md:1 no code block follows this "file" marker/,
  },
]

for (const { title, files, expected } of plants) {
  test(title, (t) => {
    const faults = faultsOf(t, files)
    assert.equal(faults.length, 1, faults.join('\n'))
    assert.match(faults[0] ?? '', expected)
  })
}
