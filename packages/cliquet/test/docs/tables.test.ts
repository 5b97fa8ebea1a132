import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { test } from 'node:test'
import { type ErrorDefinition, errorCatalog } from '../../src/errors/catalog.ts'
import { settingCatalogue, settingPatterns } from '../../src/service/setting-catalogue.ts'

/** The rows of the only table in a page of the docs, without its head. */
function rowsOf(page: string): string[] {
  const text = readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8')
  return text.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:name|setting) /.test(line))
}

test('R3.2: the page of errors has a row for each error of the catalogue, and no other', () => {
  const expected = Object.entries(errorCatalog).map(([name, definition]: [string, ErrorDefinition]) => {
    const { status, errno, message = '' } = definition
    return `| \`${name}\` | ${status} ${STATUS_CODES[status]} | ${errno} | ${message} |`
  })
  assert.deepEqual(rowsOf('errors.md'), expected)
})

test('the page of settings has a row for each setting of the catalogue, and no other', () => {
  const shown = (value: unknown): string => (value === undefined ? '–' : `\`${Array.isArray(value) ? value.join(' ') : String(value)}\``)
  const settings = Object.entries(settingCatalogue).map(
    ([name, definition]) =>
      `| \`${name}\` | ${definition.kind.expected} | ${definition.default === '' ? '–' : shown(definition.default)} | ${definition.summary} |`,
  )
  const patterns = settingPatterns.map(({ shape, kind, summary }) => `| \`${shape}\` | ${kind.expected} | – | ${summary} |`)
  assert.deepEqual(rowsOf('settings.md'), [...settings, ...patterns])
})
