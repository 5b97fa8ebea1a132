import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { test } from 'node:test'
import { originalSettings } from '../../../../scripts/docs/original-settings.ts'
import { generatedPages, HOW_TO_WRITE, recogniseOriginal, withTables } from '../../../../scripts/docs/settings-tables.ts'
import { type ErrorDefinition, errorCatalog } from '../../src/errors/catalog.ts'
import { formerNames } from '../../src/service/settings/former-names.ts'

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

for (const page of generatedPages) {
  test(`${page} has the tables that the catalogue of settings makes`, () => {
    const text = readFileSync(new URL(`../../../../${page}`, import.meta.url), 'utf8')
    assert.ok(text === withTables(text), `${page} is not up to date: ${HOW_TO_WRITE}`)
    assert.match(text, /^\| `/m)
  })
}

test('every setting of the original is one of ours, or has a reason why not', () => {
  const names = originalSettings.map(({ name }) => name)
  assert.deepEqual(
    names.filter((name) => recogniseOriginal(name) === undefined),
    [],
  )
  assert.equal(new Set(names).size, names.length)
})

test('every name of the original that has another meaning here is in the table', () => {
  const names = new Set(originalSettings.map(({ name }) => name))
  assert.deepEqual(
    [...formerNames.keys()].filter((name) => !names.has(name)),
    [],
  )
})
