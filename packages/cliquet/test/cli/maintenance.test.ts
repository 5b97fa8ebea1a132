import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createCache } from '../../src/cache/sqlite/index.ts'
import { createConnections } from '../../src/drivers/connections.ts'
import { systemClock } from '../../src/primitives/clock.ts'
import { createStorage } from '../../src/storage/sqlite/index.ts'
import { ownSchema, runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'
import { folderWith, runCommand } from './command-process.ts'

const DAY = 86_400_000
const cwd = folderWith({ 'package.json': '{"name": "games"}' })
const run = (...args: readonly string[]) => runCommand(args, { cwd })

/** Tombstones of two users that were deleted one a day, the last one a day ago. */
async function fill(): Promise<void> {
  const storage = createStorage({ url: join(cwd, 'data/games.sqlite'), clock: systemClock, connections: createConnections() })
  await storage.prepare([{ name: 'game', uniqueFields: ['title'] }])
  await storage.flush()
  const items = ['ann', 'bob'].flatMap((parentId) =>
    [1, 2, 3, 4, 5].map((days) => ({
      kind: 'tombstone' as const,
      parentId,
      resource: days === 5 ? 'score' : 'game',
      id: `d${days}`,
      timestamp: Date.now() - days * DAY,
    })),
  )
  await storage.load(items)
  await storage.close()
}

test('purge-deleted of a service that has no data says so, and makes no file', async () => {
  const { code, stderr } = await run('purge-deleted', '--all')
  assert.equal(code, 1)
  assert.match(stderr, /^cliquet purge-deleted: there is no .*games\.sqlite: set storage_url, or project_name \(it is "games"\)\n$/)
})

const purges: readonly (readonly [args: readonly string[], purged: number])[] = [
  [['--all'], 10],
  [['--before', '36h'], 8],
  [['--before', new Date(Date.now() - 2.5 * DAY).toISOString()], 6],
  [['--before', String(Date.now() - 3.5 * DAY)], 4],
  [['--before', '2000-01-01'], 0],
  [['--keep', '1'], 6],
  [['--keep', '1', '--before', '3d', '--parent', 'ann'], 2],
  [['--keep', '0', '--resource', 'score'], 2],
  [['--all', '--parent', 'ann', '--resource', 'game'], 4],
]

for (const [args, purged] of purges) {
  test(`S23: purge-deleted ${args[0]} … removes ${purged}`, async () => {
    await fill()
    const { code, stdout, stderr } = await run('purge-deleted', ...args)
    assert.deepEqual([code, stdout, stderr], [0, `${purged} tombstones were removed.\n`, ''])
    assert.equal((await run('purge-deleted', '--all')).stdout, `${10 - purged} tombstones were removed.\n`)
  })
}

for (const wrong of ['yesterday', '2030', '12', '30x', '2030-13-45']) {
  test(`purge-deleted --before ${wrong} is a mistake`, async () => {
    const { code, stderr } = await run('purge-deleted', '--before', wrong)
    assert.equal(code, 2)
    assert.match(stderr, /is no time: expected/)
  })
}

test('S26: a command leaves the indexes of unique fields alone', async () => {
  await fill()
  await run('purge-deleted', '--all')
  const storage = createStorage({ url: join(cwd, 'data/games.sqlite'), clock: systemClock, connections: createConnections() })
  await storage.prepare([])
  const put = (id: string) =>
    storage.put({ parentId: 'ann', resource: 'game' }, { id, body: '{"title":"chess"}', condition: { kind: 'none' } })
  assert.equal((await put('a')).outcome, 'created')
  assert.equal((await put('b')).outcome, 'duplicate')
  await storage.close()
})

test('flush-cache empties the cache', async () => {
  const url = `sqlite:${join(cwd, 'data/games.cache.sqlite')}`
  const open = () => createCache({ url, clock: systemClock, connections: createConnections() })
  const cache = open()
  await cache.prepare()
  await cache.set('key', 'value', 3_600_000)
  await cache.close()
  const { code, stdout } = await run('flush-cache')
  assert.deepEqual([code, stdout], [0, 'The cache is empty.\n'])
  const again = open()
  assert.equal(await again.get('key'), undefined)
  await again.close()
})

test('migrate has nothing to do for backends without migrations', async () => {
  const onMemory = (...args: readonly string[]) =>
    runCommand(['migrate', ...args], { cwd, env: { CLIQUET_STORAGE_BACKEND: 'cliquet/storage/memory' } })
  const { code, stdout } = await onMemory()
  assert.equal(code, 0)
  assert.match(stdout, /^storage: nothing is to be done, cliquet\/storage\/memory has no migrations\n/)
  assert.equal((await onMemory('--distributed')).stderr, 'cliquet migrate: none of the backends can be distributed\n')
})

/** A plugin with tables on both engines. */
const visits = `export const plugin = { name: 'visits', migrations: Object.fromEntries(['sqlite', 'postgresql'].map((engine) => [engine, [
  { title: 'a table', sql: (at) => \`create table \${at}visits(n integer)\` },
  { title: 'a second column', sql: (at) => \`alter table \${at}visits add m integer\` },
]])) }`

test('migrate makes the tables of backends and plugins on SQLite, and --dry-run shows them and makes no file', async () => {
  const place = folderWith({ 'package.json': '{"name": "games"}', 'visits.mjs': visits })
  const migrate = (...args: readonly string[]) =>
    runCommand(['migrate', ...args], { cwd: place, env: { CLIQUET_INCLUDES: './visits.mjs' } })
  const shown = await migrate('--dry-run')
  assert.equal(shown.code, 0, shown.stderr)
  assert.match(shown.stdout, /^-- storage in \S+games\.sqlite, step 1: .+\ncreate table records/m)
  assert.match(shown.stdout, /^-- plugin visits in \S+games\.sqlite, step 2: a second column\nalter table visits add m integer$/m)
  assert.equal(existsSync(join(place, 'data')), false)
  assert.match((await migrate()).stdout, /^plugin visits in \S+, step 2: a second column$/m)
  assert.equal((await migrate()).stdout.match(/: nothing is to be done/g)?.length, 4)

  writeFileSync(join(place, 'visits.mjs'), visits.replace(/^.*second column.*$/m, ''))
  const { code, stderr } = await migrate('--dry-run')
  assert.equal(code, 1)
  assert.match(stderr, /has version 2 of the plugin visits tables, this program knows 1: use the newer program, or another file\n$/)
})

test('migrate of a plugin whose tables the storage can’t keep fails, and has changed nothing', async () => {
  const place = folderWith({ 'package.json': '{"name": "games"}', 'visits.mjs': visits.replace("'sqlite', ", '') })
  const { code, stderr } = await runCommand(['migrate'], { cwd: place, env: { CLIQUET_INCLUDES: './visits.mjs' } })
  assert.equal(code, 1)
  assert.match(stderr, /^cliquet migrate: the plugin "visits" keeps tables in a database of postgresql, and the storage is \S+\n$/)
  assert.equal(existsSync(join(place, 'data')), false)
})

test('migrate leaves a read-only service alone', async () => {
  const { code, stderr } = await runCommand(['migrate'], { cwd, env: { CLIQUET_READONLY: 'true' } })
  assert.equal(code, 1)
  assert.match(stderr, /read-only/)
})

describe('migrate on PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  const url = ownSchema('cli_migrate')
  const schema = new URL(url).searchParams.get('schema') ?? ''
  const env = {
    CLIQUET_STORAGE_BACKEND: 'cliquet/storage/postgresql',
    CLIQUET_STORAGE_URL: url,
    CLIQUET_CACHE_BACKEND: 'cliquet/cache/memory',
  }
  const migrate = (...args: readonly string[]) => runCommand(['migrate', ...args], { cwd, env })
  const tables = async () => (await runSql(url, `select tablename from pg_tables where schemaname='${schema}' order by 1`)).flat()

  test('--dry-run prints SQL that does it all, and changes nothing', async () => {
    const { code, stdout } = await migrate('--dry-run')
    assert.equal(code, 0)
    assert.match(stdout, /^-- storage in \S+, step 1: .+\ncreate table/m)
    assert.match(stdout, /^-- permission in \S+, step 1: /m)
    assert.match(stdout, /^-- cache: nothing is to be done, cliquet\/cache\/memory has no migrations$/m)
    assert.deepEqual(await tables(), [])
    await runSql(url, `create schema "${schema}"`, `begin;${stdout};commit`)
    assert.deepEqual(await tables(), ['collections', 'permissions', 'records', 'user_principals'])
    await runSql(url, `drop schema "${schema}" cascade`)
  })

  test('the tables are made, and a second time there is nothing to do', async () => {
    const first = await migrate()
    assert.equal(first.code, 0)
    assert.match(first.stdout, /^storage in \S+, step 1: tables of records and collections$/m)
    assert.deepEqual(await tables(), ['collections', 'meta', 'permissions', 'records', 'user_principals'])
    const second = await migrate()
    assert.equal(second.stdout.match(/: nothing is to be done/g)?.length, 3)
    assert.match((await migrate('--dry-run')).stdout, /^-- storage in \S+: nothing is to be done$/m)
  })

  test('those of plugins are made, too, and can be seen before', async () => {
    const folder = folderWith({ 'package.json': '{"name": "games"}', 'visits.mjs': visits })
    const withPlugin = (...args: readonly string[]) =>
      runCommand(['migrate', ...args], { cwd: folder, env: { ...env, CLIQUET_INCLUDES: './visits.mjs' } })
    const { stdout } = await withPlugin('--dry-run')
    assert.ok(stdout.includes(`step 1: a table\ncreate table "${schema}".visits(n integer)\n`), stdout)
    assert.match((await withPlugin()).stdout, /^plugin visits in \S+, step 2: a second column$/m)
    assert.ok((await tables()).includes('visits'))
    assert.equal((await withPlugin()).stdout.match(/: nothing is to be done/g)?.length, 4)
  })

  test('tables that are newer than the program are left alone', async () => {
    await runSql(url, `update "${schema}".meta set value='99' where key='storage schema'`)
    for (const args of [[], ['--dry-run'], ['--distributed']]) {
      const { code, stderr } = await migrate(...args)
      assert.equal(code, 1)
      assert.match(stderr, /^cliquet migrate: \S+ has version 99 of the storage tables .*use the newer program, or another schema\n$/)
    }
  })
})
