import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { loadBackend, namedBackends } from '../../src/service/backends.ts'
import type { SettingSources } from '../../src/service/settings.ts'
import { fileWith, readBookmarks } from './settings-sources.ts'

/** Writes a module that tells which one it is, and gives its path. */
const moduleCalled = (name: string): string => fileWith('own.js', `export const createStorage = ${JSON.stringify(name)}`)

/** The storage module that these settings name; others are never loaded. */
async function storageOf(sources: Partial<SettingSources>): Promise<unknown> {
  const others = { permission_backend: 'cliquet/permission/memory', cache_backend: 'cliquet/cache/memory' }
  const settings = readBookmarks({ ...sources, given: { ...others, ...sources.given } })
  return (await loadBackend(namedBackends(settings, Date.now).storage, settings)).createStorage
}

/** As seen from the working directory. */
const fromHere = (path: string): string => {
  const way = relative(process.cwd(), path)
  return way.startsWith('.') ? way : `./${way}`
}

test('A module in a configuration file is found from the folder of the file, wherever that is', async () => {
  const beside = moduleCalled('beside')
  const config = join(dirname(beside), 'application.ini')
  writeFileSync(config, 'storage_backend = ./own.js\n')
  assert.equal(await storageOf({ config }), 'beside')
  assert.equal(await storageOf({ config: fromHere(config) }), 'beside')
  assert.equal(await storageOf({ environment: { CLIQUET_CONFIG: fromHere(config) } }), 'beside')
})

test('A module in a section that was taken over is found from the folder of the file that says so', async () => {
  const base = moduleCalled('of the base')
  writeFileSync(join(dirname(base), 'base.ini'), '[app:main]\nstorage_backend = ./own.js\n')
  const folder = join(dirname(base), 'staging')
  mkdirSync(folder)
  writeFileSync(join(folder, 'staging.ini'), '[app:main]\nuse = config:../base.ini\n')
  assert.equal(await storageOf({ config: join(folder, 'staging.ini') }), 'of the base')
  writeFileSync(join(folder, 'staging.ini'), '[app:main]\nuse = config:../base.ini\nstorage_backend = ../own.js\n')
  assert.equal(await storageOf({ config: fromHere(join(folder, 'staging.ini')) }), 'of the base')
})

test('A module in the environment or in code is found from the working directory, also when there is a configuration file', async () => {
  const path = moduleCalled('here')
  const config = fileWith('application.ini', 'paginate_by = 5')
  assert.equal(await storageOf({ environment: { CLIQUET_STORAGE_BACKEND: fromHere(path) }, config }), 'here')
  assert.equal(await storageOf({ given: { storage_backend: fromHere(path) }, config }), 'here')
})

test('A module may be named by its whole path, by a file: URL, and by its package', async () => {
  const path = moduleCalled('anywhere')
  const config = fileWith('application.ini', `storage_backend = ${path}`)
  assert.equal(await storageOf({ config }), 'anywhere')
  assert.equal(await storageOf({ given: { storage_backend: path } }), 'anywhere')
  assert.equal(await storageOf({ given: { storage_backend: pathToFileURL(path).href } }), 'anywhere')
  assert.equal(typeof (await storageOf({ given: { storage_backend: 'cliquet/storage/memory' } })), 'function')
})
