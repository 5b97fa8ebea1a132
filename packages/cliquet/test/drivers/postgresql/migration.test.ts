import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createMigrations as cacheMigrations } from '../../../src/cache/postgresql/index.ts'
import { createConnections } from '../../../src/drivers/connections.ts'
import type { Migrations } from '../../../src/drivers/migrations.ts'
import { createPostgresMigrations } from '../../../src/drivers/postgresql/database.ts'
import type { PostgresSchema } from '../../../src/drivers/postgresql/schema.ts'
import { BackendError } from '../../../src/errors/backend-error.ts'
import { ConfigurationError } from '../../../src/errors/configuration-error.ts'
import { createMigrations as permissionMigrations } from '../../../src/permission/postgresql/index.ts'
import { systemClock } from '../../../src/primitives/clock.ts'
import { createMigrations as storageMigrations } from '../../../src/storage/postgresql/index.ts'
import { ownSchema, runSql } from '../../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../../servers/server-urls.ts'
import { openDatabase } from './opened-database.ts'

const url = ownSchema('migration')
const schema = new URL(url).searchParams.get('schema')

const versions: PostgresSchema['versions'] = [
  { title: 'a table', sql: (at) => `create table ${at}trial(id int primary key, name text not null)` },
  { title: 'names in two parts', sql: (at) => `alter table ${at}trial add first text; update ${at}trial set first=split_part(name,' ',1)` },
]
const trial = (count: number): PostgresSchema => ({ name: 'trial', versions: versions.slice(0, count), distributions: [] })

function migrations(t: TestContext, tables: PostgresSchema, place = url): Migrations {
  const opened = createPostgresMigrations({ url: place, connections: createConnections() }, tables)
  t.after(() => opened.close())
  return opened
}

const relations = async () =>
  (await runSql(url, `select relname from pg_class where relnamespace=to_regnamespace('"${schema}"') and relkind='r' order by 1`)).flat()
const reset = () => runSql(url, `drop schema if exists "${schema}" cascade`)

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  it('what is still to be done can be seen, and is not done by that', async (t) => {
    await reset()
    const { pending, place } = migrations(t, trial(2))
    const steps = await pending()
    assert.deepEqual(
      steps.map((step) => [step.schema, step.version, step.title]),
      [
        ['trial', 1, 'a table'],
        ['trial', 2, 'names in two parts'],
      ],
    )
    assert.match(steps[0]?.sql ?? '', new RegExp(`create table "${schema}"\\.trial`))
    assert.ok(!place.includes('@'))
    assert.deepEqual((await runSql(url, `select to_regnamespace('"${schema}"')`))[0], [null])
  })

  it('a user who may not change tables uses those that are current; for older ones it is said who makes them', async (t) => {
    await reset()
    const role = `${schema}_user`
    await runSql(url, `create role "${role}" login password 'secret'`)
    t.after(() => runSql(url, `drop owned by "${role}"; drop role "${role}"`))
    const limited = new URL(url)
    Object.assign(limited, { username: role, password: 'secret' })
    const open = () => openDatabase(t, limited.href)
    const refusal = (error: unknown) =>
      error instanceof ConfigurationError && /trial tables .* run "cliquet migrate" as one who may/.test(error.message)
    await assert.rejects(open().migrate(trial(1)), refusal)
    await migrations(t, trial(1)).apply()
    await runSql(url, `grant usage on schema "${schema}" to "${role}"; grant select on all tables in schema "${schema}" to "${role}"`)
    await open().migrate(trial(1))
    await assert.rejects(open().migrate(trial(2)), refusal)
    await migrations(t, trial(2)).apply()
    await open().migrate(trial(2))
  })

  it('tables of an older version are brought to the current one, with what is in them', async (t) => {
    await reset()
    assert.equal((await migrations(t, trial(1)).apply()).length, 1)
    await runSql(url, `insert into "${schema}".trial values(1,'Ann Lee'),(2,'Bob')`)
    const second = migrations(t, trial(2))
    assert.deepEqual(
      (await second.apply()).map(({ version }) => version),
      [2],
    )
    assert.deepEqual(await second.pending(), [])
    assert.deepEqual(await second.apply(), [])
    const rows = await runSql(url, `select id,name,first from "${schema}".trial order by id`)
    assert.deepEqual(rows, [
      ['1', 'Ann Lee', 'Ann'],
      ['2', 'Bob', 'Bob'],
    ])
  })

  it('of several who migrate at once one does each step', async (t) => {
    await reset()
    const done = await Promise.all(Array.from({ length: 6 }, () => migrations(t, trial(2)).apply()))
    assert.deepEqual(done.map((steps) => steps.length).sort(), [0, 0, 0, 0, 0, 2])
    const databases = Array.from({ length: 6 }, () => openDatabase(t, url))
    await reset()
    await Promise.all(databases.map((database) => database.migrate(trial(2))))
    assert.deepEqual(await relations(), ['meta', 'trial'])
  })

  it('tables that are newer than the program are refused, and left as they are', async (t) => {
    await reset()
    await migrations(t, trial(2)).apply()
    const older = migrations(t, trial(1))
    const refusal = (error: unknown) =>
      error instanceof ConfigurationError &&
      /has version 2 of the trial tables in the schema "test_\w+", this program knows 1/.test(error.message)
    await assert.rejects(older.pending(), refusal)
    await assert.rejects(older.apply(), refusal)
    await assert.rejects(openDatabase(t, url).migrate(trial(1)), refusal)
    assert.deepEqual(await relations(), ['meta', 'trial'])
  })

  it('a step that fails leaves nothing of itself and of those before it', async (t) => {
    await reset()
    const broken = { title: 'broken', sql: (at: string) => `create table ${at}more(id int); insert into ${at}nowhere values(1)` }
    const { apply, pending } = migrations(t, { ...trial(2), versions: [...versions, broken] })
    await assert.rejects(apply(), (error) => error instanceof BackendError && /42P01/.test(error.message))
    assert.deepEqual(await relations(), [])
    assert.equal((await pending()).length, 3)
    await migrations(t, trial(2)).apply()
    await assert.rejects(apply(), BackendError)
    assert.deepEqual(await relations(), ['meta', 'trial'])
    assert.equal((await pending()).length, 1)
  })

  it('a migration may take longer than the statements of the service, and so may who waits for it', async (t) => {
    await reset()
    const slow = { title: 'slow', sql: (at: string) => `create table ${at}slow(id int); select pg_sleep(1.4)` }
    const tables = { ...trial(1), versions: [...versions.slice(0, 1), slow] }
    const pool = { statementTimeout: 100 }
    await Promise.all([1, 2].map(() => openDatabase(t, url, pool).migrate(tables)))
    assert.deepEqual(await relations(), ['meta', 'slow', 'trial'])
  })

  it('the backends migrate their own tables, side by side in one schema', async (t) => {
    await reset()
    const options = { url, clock: systemClock, connections: createConnections() }
    const all = [storageMigrations, permissionMigrations, cacheMigrations].map((create) => create(options))
    t.after(() => Promise.all(all.map((one) => one.close())))
    const pending = await Promise.all(all.map((one) => one.pending()))
    assert.deepEqual(
      pending.map((steps) => new Set(steps.map((step) => step.schema))),
      [new Set(['storage']), new Set(['permission']), new Set(['cache'])],
    )
    const applied = await Promise.all(all.map((one) => one.apply()))
    assert.deepEqual(applied, pending)
    assert.deepEqual(await Promise.all(all.map((one) => one.pending())), [[], [], []])
    assert.deepEqual(await relations(), ['cache', 'collections', 'meta', 'permissions', 'records', 'user_principals'])
  })

  it('S36: before a migration, and with it, check tells whether the database can be used', async (t) => {
    await reset()
    const database = openDatabase(t, url)
    assert.deepEqual(await Promise.all([database.check({ readonly: true }), database.check({ readonly: false })]), [false, false])
    await database.migrate(trial(1))
    assert.deepEqual(await Promise.all([database.check({ readonly: true }), database.check({ readonly: false })]), [true, true])
    assert.deepEqual((await runSql(url, `select count(*) from "${schema}".meta`))[0], ['1'])
  })
})
