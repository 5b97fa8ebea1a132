import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { plantTree } from '../fixture.ts'
import { commands, testPatterns } from './commands.mjs'
import { isInstalled, outsideEnvironment } from './installation.mjs'
import { findNode, isRecent } from './node.mjs'

const lock = (packages: Record<string, unknown>) => JSON.stringify({ packages: { '': {}, ...packages } })
const plantLocks = (t: TestContext, wanted: Record<string, unknown>, present: Record<string, unknown>) =>
  plantTree(t, { 'package-lock.json': lock(wanted), 'node_modules/.package-lock.json': lock(present) })

test('without node_modules something is to be installed', (t) => {
  assert.equal(isInstalled(plantTree(t, { 'package-lock.json': lock({}) })), false)
})

test('node_modules that holds what the lock file names is left alone, whatever the times of the files', (t) => {
  const packages = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/own': { link: true, resolved: 'packages/own' } }
  const others = { 'node_modules/for-windows': { version: '1.0.0', optional: true }, 'packages/own': { version: '0.1.0' } }
  assert.equal(isInstalled(plantLocks(t, { ...packages, ...others }, packages)), true)
})

test('another version, a missing package and a moved workspace are to be installed', (t) => {
  const one = { 'node_modules/a': { version: '1.0.0' } }
  assert.equal(isInstalled(plantLocks(t, { 'node_modules/a': { version: '1.0.1' } }, one)), false)
  assert.equal(isInstalled(plantLocks(t, { ...one, 'node_modules/b': { version: '1.0.0' } }, one)), false)
  const linkTo = (resolved: string) => ({ 'node_modules/own': { link: true, resolved } })
  assert.equal(isInstalled(plantLocks(t, linkTo('packages/own'), linkTo('packages/other'))), false)
})

test('npm does not see the Node it is about to replace', () => {
  const folders = [join('/repo', 'node_modules', '.bin'), '/usr/bin']
  assert.deepEqual(outsideEnvironment('/repo', { PATH: folders.join(delimiter), A: 'b' }), { PATH: '/usr/bin', A: 'b' })
})

test('Node 22.18 is the oldest that will do', () => {
  assert.deepEqual(['20.20.2', '22.17.9', '22.18.0', '24.0.0', ''].map(isRecent), [false, false, true, true, false])
})

test("without the installed Node the machine's own is taken if it is recent, else none", (t) => {
  const root = plantTree(t, {})
  assert.equal(findNode(root, { path: process.execPath, version: '22.18.0' }), process.execPath)
  assert.equal(findNode(root, { path: process.execPath, version: '20.20.2' }), undefined)
})

test('files given to the test command replace the patterns, options do not', () => {
  const run = commands.test ?? (() => [])
  assert.deepEqual(run([]).slice(-3), testPatterns)
  assert.deepEqual(run(['--test-only']).slice(-4), ['--test-only', ...testPatterns])
  assert.deepEqual(run(['x.test.ts', '--test-only']).slice(-2), ['--test-only', 'x.test.ts'])
})

test('an unknown command is refused with the names of those that exist', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../run.mjs'), 'strat'], { encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /^No command "strat"\. There are: start, test, /)
})

/** A parent that runs a child by `runToEnd` and exits with its code. The child counts signals, and ends a moment after the first. */
const runCounting = () => {
  const child = `
    let count = 0
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => { if (++count === 1) setTimeout(() => { console.log('signals', count); process.exit(7) }, 300) })
    setInterval(() => {}, 1000)
    console.log('ready')`
  const parent = `
    import { runToEnd } from ${JSON.stringify(join(import.meta.dirname, 'process.mjs'))}
    process.exit(await runToEnd(process.execPath, ['-e', ${JSON.stringify(child)}], '.'))`
  return spawn(process.execPath, ['--input-type=module', '-e', parent], { stdio: ['ignore', 'pipe', 'pipe'] })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} sent three times reaches the program once, and its exit code is passed on`, {
    skip: process.platform === 'win32',
  }, async () => {
    const parent = runCounting()
    let output = ''
    parent.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (text.includes('ready')) for (const delay of [0, 50, 100]) setTimeout(() => parent.kill(signal), delay)
    })
    const [code] = await once(parent, 'close')
    assert.equal(output, 'ready\nsignals 1\n')
    assert.equal(code, 7)
  })
}

test('a program started by npm ends when the shell npm ran it in is ended', { skip: process.platform === 'win32' }, async (t) => {
  const root = plantTree(t, {
    'program.mjs':
      "process.on('SIGTERM', () => { console.log('ended'); process.exit() }); setInterval(() => {}, 1000); console.log('ready')",
    'parent.mjs': `import { runToEnd } from ${JSON.stringify(join(import.meta.dirname, 'process.mjs'))}
      process.exit(await runToEnd(process.execPath, ['program.mjs'], '.'))`,
  })
  const env = { ...process.env, npm_lifecycle_event: 'start' }
  // The second command keeps the shell from becoming the program.
  const shell = spawn('sh', ['-c', `"${process.execPath}" parent.mjs; true`], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (text.includes('ready')) shell.kill('SIGTERM')
  })
  await once(shell, 'close')
  assert.equal(output, 'ready\nended\n')
})
