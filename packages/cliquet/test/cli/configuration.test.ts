import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { settingCatalogue } from '../../src/service/settings/catalogue.ts'
import type { SettingDefinition } from '../../src/service/settings/kinds.ts'
import { folderWith, runCommand } from './command-process.ts'

const cwd = folderWith({ 'package.json': '{"name": "games"}' })
const run = (...args: readonly string[]) => runCommand(args, { cwd })
const inForce = Object.entries(settingCatalogue).filter(
  ([, definition]: [string, SettingDefinition<unknown>]) => definition.planned !== true,
)

for (const file of ['cliquet.ini', 'service.toml', 'service.yaml']) {
  test(`init writes ${file} with every setting, its sentence and its default`, async () => {
    const { code, stdout } = await run('init', ...(file === 'cliquet.ini' ? [] : [file]))
    assert.equal(code, 0)
    assert.match(stdout, new RegExp(`cliquet start --config ${file}`))
    const text = readFileSync(join(cwd, file), 'utf8')
    const unwrapped = text.replaceAll(/\n# /g, ' ')
    for (const [name, { summary }] of inForce) {
      assert.match(text, new RegExp(`^(# )?${name.replace('.', '\\.')}(:| =)`, 'm'))
      assert.ok(unwrapped.includes(summary), summary)
    }
    assert.match(text, /^# port(:| =) 8000$/m)
    assert.equal(statSync(join(cwd, file)).mode & 0o077, 0, 'it holds a secret')
  })

  test(`${file} can be read as it is, and with every comment a setting`, async () => {
    const { stdout, stderr } = await run('settings', '--set', '--config', file)
    assert.equal(stderr, '')
    assert.match(stdout, /^userid_hmac_secret +\*{3} +\S+:\d+$/m)
    assert.equal(stdout.split('\n').length, 3, 'nothing else is set')
    const names = inForce.map(([name]) => name.replace('.', '\\.')).join('|')
    const all = readFileSync(join(cwd, file), 'utf8').replaceAll(new RegExp(`^# (?=(?:${names})(?::| =))`, 'gm'), '')
    const folder = folderWith({ [file]: all })
    const { code, stdout: report, stderr: complaint } = await runCommand(['settings', '--json', '--config', file], { cwd: folder })
    assert.deepEqual([code, complaint], [0, ''])
    const { settings } = JSON.parse(report) as { settings: { name: string; value: string }[] } // what `settings --json` prints
    for (const [name, definition] of inForce) {
      const expected: unknown = definition.default ?? ''
      const { value } = settings.find((setting) => setting.name === name) ?? { value: 'missing' }
      if (name !== 'userid_hmac_secret') assert.equal(value, Array.isArray(expected) ? expected.join(' ') : String(expected), name)
    }
  })
}

test('init never overwrites, and each secret is a new one', async () => {
  const folder = folderWith()
  await runCommand(['init', 'a.json'], { cwd: folder })
  const before = readFileSync(join(folder, 'a.json'), 'utf8')
  assert.match(before, /^\{\n {2}"userid_hmac_secret": "[0-9a-f]{64}"\n\}\n$/)
  const { code, stderr } = await runCommand(['init', 'a.json', '--host', '0.0.0.0'], { cwd: folder })
  assert.deepEqual([code, stderr], [1, 'cliquet init: a.json is there already: it is not overwritten\n'])
  assert.equal(readFileSync(join(folder, 'a.json'), 'utf8'), before)
  await runCommand(['init', 'b.json'], { cwd: folder })
  assert.notEqual(readFileSync(join(folder, 'b.json'), 'utf8'), before)
})

test('init sets the backends and the host that are asked for', async () => {
  const { code, stdout } = await run(
    'init',
    'conf/production.ini',
    '--backend',
    'postgresql',
    '--cache-backend',
    'redis',
    '--host',
    '0.0.0.0',
  )
  assert.equal(code, 0)
  assert.match(stdout, /say where your servers are/)
  const shown = (await run('settings', '--set', '--config', 'conf/production.ini')).stdout
  assert.match(shown, /^storage_backend +cliquet\/storage\/postgresql /m)
  assert.match(shown, /^storage_url +postgresql:\/\/games:\*{3}@localhost:5432\/games /m, 'passwords are not shown')
  assert.match(shown, /^cache_backend +cliquet\/cache\/redis /m)
  assert.match(shown, /^host +0\.0\.0\.0 /m)
})

test('init says what there is when the backend or the format is another', async () => {
  const backend = await run('init', 'x.ini', '--backend', 'postgres')
  assert.equal(backend.code, 2)
  assert.match(backend.stderr, /expected memory, postgresql, redis, sqlite; did you mean postgresql\?/)
  const format = await run('init', 'x.conf')
  assert.deepEqual([format.code, /must end in \.ini, \.toml/.test(format.stderr)], [2, true])
})

test('settings shows defaults, files and the environment, and where each value is from', async () => {
  const folder = folderWith({ 'a.ini': 'paginate_by = 7\nport = 1\n' })
  const env = { CLIQUET_PORT: '2', CLIQUET_USERID_HMAC_SECRET: 'tell nobody' }
  const { stdout } = await runCommand(['settings', '--config', 'a.ini'], { cwd: folder, env })
  assert.match(stdout, /^setting +value +from$/m)
  assert.match(stdout, /^paginate_by +7 +a\.ini:1$/m)
  assert.match(stdout, /^port +2 +CLIQUET_PORT$/m)
  assert.match(stdout, /^host +localhost +default$/m)
  assert.match(stdout, /^userid_hmac_secret +\*{3} +CLIQUET_USERID_HMAC_SECRET$/m)
  assert.ok(!stdout.includes('tell nobody'))
})
