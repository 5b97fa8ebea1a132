import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { needsShared } from '../reference/shared-folder.ts'
import { originalSettings } from './original-settings.ts'

/** Abbreviations in the reference's table. */
function inFull(name: string): string[] {
  if (name.startsWith('*_')) return ['storage', 'permission', 'cache'].map((backend) => backend + name.slice(1))
  if (name.startsWith('<endpoint>')) return ['collection', 'record', 'plural', 'object'].map((kind) => name.replace('<endpoint>', kind))
  return name === 'session_backend/url' ? ['session_backend', 'session_url'] : [name]
}

test('the table of the original’s settings has every setting that the reference names', (t) => {
  const shared = needsShared(t)
  if (shared === undefined) return
  const [, section = ''] = /\n### 5\.2 Core settings\n([\s\S]*?)\n## /.exec(readFileSync(join(shared, 'toolkit.md'), 'utf8')) ?? []
  const cells = section.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1] ?? ''] : []))
  const [, given = ''] = /Older names that were dropped:(.*)/.exec(section) ?? []
  const inMeanings = [...section.matchAll(/`(prometheus_\w+)`/g)].map(([, name = '']) => name)
  const named = [...cells, given].flatMap((text) => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
  const known = new Set(originalSettings.map(({ name }) => name))
  assert.ok(named.length > 80, `${named.length} names were found`)
  assert.deepEqual(
    [...named, ...inMeanings].flatMap(inFull).filter((name) => !known.has(name)),
    [],
  )
})
