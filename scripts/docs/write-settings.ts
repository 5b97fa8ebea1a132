/** Makes the tables of settings in the docs anew from the catalogue of settings: `node scripts/docs/write-settings.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { generatedPages, withTables } from './settings-tables.ts'

for (const page of generatedPages) {
  const file = new URL(`../../${page}`, import.meta.url)
  writeFileSync(file, withTables(readFileSync(file, 'utf8')))
}
