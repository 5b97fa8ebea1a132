import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { repositoryRoot } from '../reference/shared-folder.ts'
import { skipWithoutProgram, systemdProgram } from '../servers/programs.ts'

const skip = skipWithoutProgram(systemdProgram)
const text = readFileSync(join(repositoryRoot, 'deploy/systemd/bookmarks.service'), 'utf8')

/** What systemd finds wrong with a unit. Its programs are looked for, too: Node is elsewhere on many machines. */
function faults(t: TestContext, unit: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cliquet-unit-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'bookmarks.service')
  writeFileSync(file, unit.replaceAll('/usr/bin/node', process.execPath))
  const { stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
  // Other units of this machine are loaded, too.
  const own = stderr.split('\n').filter((line) => line.includes('bookmarks.service'))
  return status === 0 ? own.join('\n') : own.join('\n') || `exit code ${status}: ${stderr}`
}

test('the unit for systemd is one', { skip }, (t) => {
  assert.equal(faults(t, text), '')
})

test('an unknown directive, a wrong value and a program that there is not are found', { skip }, (t) => {
  for (const [from, to] of [
    ['KillMode=mixed', 'KillMood=mixed'],
    ['Restart=always', 'Restart=perhaps'],
    ['ExecStart=/usr/bin/node', 'ExecStart=/usr/bin/not-there'],
  ] as const) {
    assert.ok(text.includes(from))
    assert.notEqual(faults(t, text.replace(from, to)), '', to)
  }
})

test('what the unit lets the service do is little', { skip }, () => {
  const { stdout } = spawnSync(
    'systemd-analyze',
    ['security', '--offline=true', '--no-pager', join(repositoryRoot, 'deploy/systemd/bookmarks.service')],
    {
      encoding: 'utf8',
    },
  )
  const [, exposure] = /exposure level for bookmarks\.service: ([\d.]+)/.exec(stdout) ?? []
  assert.ok(Number(exposure) < 2, stdout)
})

test('the unit waits for longer than the service does', () => {
  const limit = (name: string): number => Number(new RegExp(`^${name}=(\\d+)$`, 'm').exec(text)?.[1])
  const settings = readFileSync(join(repositoryRoot, 'deploy/service/production.ini'), 'utf8')
  const timeout = Number(/^cliquet\.shutdown_timeout_seconds = (\d+)$/m.exec(settings)?.[1])
  assert.ok(limit('TimeoutStopSec') > timeout + 5)
})
