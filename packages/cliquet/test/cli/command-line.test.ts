import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands } from '../../src/cli/commands.ts'
import { folderWith, runCommand } from './command-process.ts'

const cwd = folderWith({ 'package.json': '{"name": "@someone/games", "version": "2.1.0"}' })
const run = (...args: readonly string[]) => runCommand(args, { cwd })

test('without a command the help lists every command', async () => {
  for (const args of [[], ['--help'], ['-h'], ['help']]) {
    const { code, stdout, stderr } = await run(...args)
    assert.deepEqual([code, stderr], [0, ''])
    for (const { name } of commands) assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
  }
})

test('every command explains itself and its options, and then does nothing', async () => {
  for (const { name, options } of commands) {
    const { code, stdout, stderr } = await run(name, '--help')
    assert.deepEqual([code, stderr], [0, ''], name)
    assert.match(stdout, new RegExp(`^Usage: cliquet ${name} `))
    for (const option of Object.keys(options)) assert.match(stdout, new RegExp(`--${option}\\b`), name)
    for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line)
  }
})

const misused: readonly (readonly [title: string, args: readonly string[], expected: RegExp])[] = [
  ['an unknown command', ['statr'], /^cliquet: there is no command "statr": did you mean "start"\?\n/],
  ['a strange command', ['xyzzy'], /^cliquet: there is no command "xyzzy"\n/],
  ['an unknown option', ['migrate', '--dry-rnu'], /^cliquet migrate: there is no option --dry-rnu: did you mean --dry-run\?\n/],
  ['a shortened option', ['migrate', '--dist'], /^cliquet migrate: there is no option --dist: did you mean --distributed\?\n/],
  ['an unknown short option', ['version', '-x'], /^cliquet version: there is no option -x\n/],
  ['an option without its value', ['purge-deleted', '--keep'], /^cliquet purge-deleted: --keep needs a value: --keep N\n/],
  ['an option in the place of a value', ['purge-deleted', '--keep', '--all'], /^cliquet purge-deleted: --keep needs a value: --keep N\n/],
  ['a value that is none', ['migrate', '--dry-run=yes'], /^cliquet migrate: --dry-run takes no value\n/],
  ['too many arguments', ['version', 'please'], /^cliquet version: "please" is one argument too many\n/],
  ['options that exclude each other', ['start', '--watch', '--workers', '2'], /^cliquet start: --watch and --workers exclude each other\n/],
  ['no number of workers', ['start', '--workers', 'many'], /^cliquet start: --workers many: expected a number/],
  ['nothing said about what to purge', ['purge-deleted'], /^cliquet purge-deleted: say which: --before WHEN, --keep N, or --all\n/],
]

for (const [title, args, expected] of misused) {
  test(`${title} is a mistake of two lines, and code 2`, async () => {
    const { code, stdout, stderr } = await run(...args)
    assert.match(stderr, expected)
    assert.match(stderr, /\n`cliquet[a-z -]* --help` tells more\.\n$/)
    assert.deepEqual([code, stdout, stderr.split('\n').length], [2, '', 3])
  })
}

test('a failure is told in one line, with code 1, and with --debug where it happened', async () => {
  const failure = await run('start', 'nowhere.ts')
  assert.deepEqual([failure.code, failure.stdout], [1, ''])
  assert.match(failure.stderr, /^cliquet start: there is no \S*nowhere\.ts: name the module .+\n$/)
  const debugged = await run('start', 'nowhere.ts', '--debug')
  assert.equal(debugged.code, 1)
  assert.match(debugged.stderr, /^cliquet start: CommandFailure: there is no .*\n {4}at /s)
})

test('what an author has done wrong is told in one line too', async () => {
  const folder = folderWith({ 'server.ts': 'const nothing = undefined as any\nnothing.listen()\n' })
  const { code, stderr } = await runCommand(['start'], { cwd: folder })
  assert.equal(code, 1)
  assert.match(stderr, /^cliquet start: Cannot read properties of undefined .+ \(--debug shows where\)\n$/)
  assert.match((await runCommand(['start', '--debug'], { cwd: folder })).stderr, /server\.ts:2:9/)
})

test('settings that can not be are told with their place', async () => {
  const folder = folderWith({ 'bad.ini': '[app:main]\nprot = 80\n' })
  for (const command of ['migrate', 'dump', 'load', 'flush-cache', 'settings']) {
    const { code, stderr } = await runCommand([command, '--config', 'bad.ini'], { cwd: folder })
    assert.equal(code, 1, command)
    assert.match(stderr, new RegExp(`^cliquet ${command}: bad\\.ini:2: unknown setting "prot".*"port".*\\n$`))
  }
})

test('--config wins over CLIQUET_CONFIG, and must be there', async () => {
  const folder = folderWith({ 'one.ini': 'port = 1111', 'two.ini': 'port = 2222' })
  const { stdout } = await runCommand(['settings', '--set', '--config', 'two.ini'], { cwd: folder, env: { CLIQUET_CONFIG: 'one.ini' } })
  assert.match(stdout, /^port +2222 +two\.ini:1$/m)
  const { stderr, code } = await runCommand(['settings', '--config', 'three.ini'], { cwd: folder })
  assert.match(stderr, /^cliquet settings: --config: the configuration file three\.ini can't be read/)
  assert.equal(code, 1)
})

test('version tells those of Cliquet, Node and the drivers', async () => {
  const { stdout, code } = await run('version')
  assert.equal(code, 0)
  assert.match(stdout, /^cliquet +\d+\.\d+\.\d+$/m)
  assert.match(stdout, new RegExp(`^node +${process.versions.node}$`, 'm'))
  assert.match(stdout, /^pg +(\d+\.\d+\.\d+|not installed)$/m)
  assert.equal((await run('--version')).stdout, stdout)
})
