import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSettings, type SettingSources, type Settings } from '../../src/service/settings.ts'
import { temporaryFolder } from '../protocol/service-under-test.ts'

/** Writes a configuration file in a folder of its own. @returns its path */
export function fileWith(name: string, ...lines: readonly string[]): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

/** The settings of a service called bookmarks, with nothing of the real environment. */
export const readBookmarks = (sources: Partial<SettingSources> = {}): Settings =>
  readSettings({ name: 'bookmarks', version: '1.0', environment: {}, ...sources })

/** The message of the error that these settings cause. */
export function refusal(sources: Partial<SettingSources>): string {
  try {
    readBookmarks(sources)
  } catch (error) {
    assert.ok(error instanceof Error && error.name === 'ConfigurationError', String(error))
    return error.message
  }
  return assert.fail('the settings are accepted')
}
