import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { DEFAULT_POOL } from '../../src/drivers/postgresql/pool.ts'
import { type CliquetOptions, createService, type GivenSettings } from '../../src/index.ts'
import { ourBackends } from '../../src/service/backends.ts'
import { fileWith, readBookmarks } from './settings-sources.ts'

/** The message of the error that the start ends with. */
async function startError(options: Partial<CliquetOptions>): Promise<string> {
  const service = createService({ name: 'bookmarks', version: '1.0', ...options })
  try {
    await service.ready()
  } catch (error) {
    assert.ok(error instanceof Error)
    return error.message
  } finally {
    await service.close()
  }
  return assert.fail('the service has started')
}

/** A module whose factories fail and tell what they were given. */
const tellTale = pathToFileURL(
  fileWith(
    'tell-tale.js',
    ...['createStorage', 'createPermission', 'createCache'].map(
      (factory) =>
        `export const ${factory} = ({ pool, maxBytes, prefix }) => { throw new TypeError(JSON.stringify({ pool, maxBytes, prefix })) }`,
    ),
  ),
).href

async function givenTo(contract: 'storage' | 'permission' | 'cache', settings: GivenSettings): Promise<unknown> {
  const others = { storage_backend: 'cliquet/storage/memory', log_level: 'silent' }
  return JSON.parse(
    await startError({ settings: { ...others, [`${contract}_backend`]: tellTale, ...settings, permission_url: 'x', cache_url: 'x' } }),
  )
}

test('Backends are given their pool settings, in ms; those of permissions and cache are those of the storage unless they are set', async () => {
  const backends = { permission_backend: 'cliquet/permission/memory', cache_backend: 'cliquet/cache/memory' }
  const defaults = { size: 16, timeout: 10_000, backlog: 1000, statementTimeout: 10_000 }
  assert.deepEqual(DEFAULT_POOL, defaults)
  assert.deepEqual(await givenTo('storage', backends), { pool: defaults, maxBytes: 524_288, prefix: '' })
  const settings = {
    storage_pool_size: 3,
    storage_pool_timeout: 0.5,
    storage_max_backlog: -1,
    storage_statement_timeout: 2,
    permission_pool_size: 4,
    cache_statement_timeout: 1,
    cache_max_size_bytes: 5,
    cache_prefix: 'p:',
  }
  const pool = { size: 3, timeout: 500, backlog: -1, statementTimeout: 2000 }
  const rest = { maxBytes: 5, prefix: 'p:' }
  assert.deepEqual(await givenTo('storage', { ...backends, ...settings }), { pool, ...rest })
  assert.deepEqual(await givenTo('permission', settings), { pool: { ...pool, size: 4 }, ...rest })
  assert.deepEqual(await givenTo('cache', settings), { pool: { ...pool, statementTimeout: 1000 }, ...rest })
})

test('The backends that advice on mistyped ones knows are those that there are', () => {
  for (const [contract, engines] of Object.entries(ourBackends)) {
    const folder = new URL(`../../src/${contract}/`, import.meta.url)
    const existing = readdirSync(folder).filter(
      (name) => !['conformance', 'evaluation'].includes(name) && existsSync(new URL(`${name}/index.ts`, folder)),
    )
    for (const name of existing) assert.ok(engines.includes(name), `${contract}/${name} is not in ourBackends`)
  }
})

test('Errors about backends name the place, and the nearest right module', async () => {
  const errorOf = async (...lines: readonly string[]): Promise<string> => {
    const config = fileWith('application.ini', ...lines, 'log_level = silent')
    return (await startError({ config })).replace(`${dirname(config)}/`, '')
  }
  assert.equal(
    await errorOf('cliquet.storage_backend = cliquet/storage/postgres'),
    'application.ini:1: setting "cliquet.storage_backend": the module cliquet/storage/postgres can\'t be loaded: did you mean cliquet/storage/postgresql?',
  )
  assert.match(
    await errorOf('storage_backend = cliquet/storage/memory', 'cache_backend = ./nowhere.js'),
    /^application\.ini:2: setting "cache_backend": the module \.\/nowhere\.js can't be loaded/,
  )
})

test('A URL that does not belong to its backend is an error that names the place, without its password', async () => {
  const config = fileWith('application.ini', 'storage_url = postgres://me:hush@db/books', 'log_level = silent')
  const message = await startError({ config })
  assert.match(message, /"postgres:\/\/me:\*\*\*@db\/books" is no SQLite database/)
  assert.match(message, /^.*application\.ini:1: setting "storage_url": /)
})

test('cache_hosts are the servers of Memcached', async () => {
  const settings = { storage_backend: 'cliquet/storage/memory', cache_backend: 'cliquet/cache/memcached', log_level: 'silent' }
  const message = await startError({ settings: { ...settings, cache_hosts: 'one:11211 me@two' } })
  assert.match(message, /^setting "cache_hosts": a Memcached URL names no user/)
  assert.deepEqual(readBookmarks({ given: { cache_hosts: 'one:11211  two' } }).cacheHosts, ['one:11211', 'two'])
})
