import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  type CliquetPlugin,
  ConfigurationError,
  createService,
  type GivenSettings,
  HttpError,
  type PluginMigrations,
  type TableVersion,
  Type,
} from '../../src/index.ts'
import { type BackendName, backendSettings, openService, reasonToSkip, type Send, temporaryFolder } from '../protocol/service-under-test.ts'

const versions: readonly TableVersion[] = [
  { title: 'visits', sql: (at) => `create table ${at}visits_log(who text not null, place text not null)` },
  {
    title: 'a number each',
    sql: (at) => `alter table ${at}visits_log add times integer not null default 1;
      update ${at}visits_log set times=times+length(place);`,
  },
]

const pairs: readonly TableVersion[] = [{ title: 'numbers', sql: (at) => `create table ${at}pairs(n integer primary key)` }]

/** A plugin that counts visits in a table of its own, at `POST /visits`, in the version of so many steps. */
const visits = (count: number, migrations: PluginMigrations = {}): CliquetPlugin => ({
  name: 'visits',
  migrations: { postgresql: versions.slice(0, count), sqlite: versions.slice(0, count), ...migrations },
  setUp(start) {
    const database = start.need('database')
    const table = `${database.at}visits_log`
    const [first, second] = database.engine === 'postgresql' ? ['$1', '$2'] : ['?', '?']
    start.views.push(async (app) => {
      app.post<{ Body: { place: string; fails?: boolean } }>('/visits', async (request) => {
        const { place, fails } = request.body
        const insert = `insert into ${table}(who,place) values(${first},${second})`
        await database.of(request).write([{ sql: insert, values: ['me', place] }])
        if (fails) throw new HttpError(500)
        const [row] = await database.of(request).read(`select count(*) from ${table}`)
        return { count: Number(row?.[0]) }
      })
      app.get('/visits', async () => ({ rows: await database.read(`select * from ${table} order by place`) }))
    })
  },
})

const place = (send: Send, text: string) => send('POST', '/v1/visits', { body: { place: text } })
const rowsOf = async (send: Send) => (await send('GET', '/v1/visits')).body.rows

/** The message with which a service of these options does not start. */
async function startError(plugins: readonly CliquetPlugin[], settings: GivenSettings): Promise<string> {
  const service = createService({ name: 'test', version: '1.0', plugins, settings })
  const error: unknown = await service.ready().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  await service.close()
  assert.ok(error instanceof ConfigurationError, String(error))
  return error.message
}

for (const backend of ['sqlite', 'postgresql'] as const satisfies readonly BackendName[]) {
  const shown = (number: number): unknown => (backend === 'postgresql' ? String(number) : number)

  describe(`the tables of a plugin on ${backend}`, { skip: reasonToSkip(backend) }, () => {
    test('are made at the start, and brought up to date by a newer plugin with what is in them', async () => {
      const settings = backendSettings(backend)
      const first = await openService({ plugins: [visits(1)], settings })
      assert.deepEqual((await place(first.request, 'Rome')).body, { count: 1 })
      assert.deepEqual((await place(first.request, 'Oslo')).body, { count: 2 })
      await first.close()

      const second = await openService({ plugins: [visits(2)], settings })
      assert.deepEqual(await rowsOf(second.request), [
        ['me', 'Oslo', shown(5)],
        ['me', 'Rome', shown(5)],
      ])
      await second.close()

      const again = await openService({ plugins: [visits(2)], settings })
      assert.deepEqual((await place(again.request, 'Bern')).body, { count: 3 })
      await again.close()

      assert.match(
        await startError([visits(1)], settings),
        /has version 2 of the plugin visits tables.*, this program knows 1: use the newer program/,
      )
    })

    test('are made once by services that start at the same time', async () => {
      const settings = backendSettings(backend)
      const services = await Promise.all([1, 2, 3].map(() => openService({ plugins: [visits(2)], settings })))
      for (const { request } of services) assert.equal((await place(request, 'Rome')).status, 200)
      assert.equal(((await rowsOf(services[0]?.request ?? assert.fail())) as unknown[]).length, 3)
    })

    test('a step that fails leaves nothing of the plugin’s steps, and ends the start', async () => {
      const settings = backendSettings(backend)
      const broken: readonly TableVersion[] = [
        ...versions,
        { title: 'broken', sql: (at) => `alter table ${at}no_such_table add x integer` },
      ]
      const failing = createService({ name: 'test', version: '1.0', plugins: [visits(0, { [backend]: broken })], settings })
      await assert.rejects(failing.ready(), /no_such_table/)
      await failing.close()
      const { request } = await openService({ plugins: [visits(2)], settings })
      assert.deepEqual((await place(request, 'Rome')).body, { count: 1 })
    })

    test('R11.13: what a plugin writes inside a batch is committed with it, or not at all', async () => {
      const { request } = await openService({
        backend,
        plugins: [visits(2)],
        prepare: (service) => void service.resource('note', { schema: { text: Type.String() } }),
      })
      const batch = (...requests: readonly unknown[]) => request('POST', '/v1/batch', { body: { requests } })
      const visit = (text: string, fails = false) => ({ method: 'POST', path: '/visits', body: { place: text, fails } })
      const note = { method: 'POST', path: '/notes', body: { data: { text: 'a' } } }

      const done = await batch(visit('Rome'), note, visit('Oslo'))
      assert.deepEqual(
        (done.body.responses as { body: { count?: number } }[]).map(({ body }) => body.count), // R11.3
        [1, undefined, 2],
      )
      assert.equal((await batch(note, visit('Bern'), visit('Riga', true))).status, 500)
      assert.equal(((await rowsOf(request)) as unknown[]).length, 2)
      assert.equal((await request('GET', '/v1/notes')).records.length, 1)
    })

    test('statements of one write are done together or not at all', async () => {
      const { request, service } = await openService({
        backend,
        plugins: [
          {
            name: 'pairs',
            migrations: { postgresql: pairs, sqlite: pairs },
            setUp(start) {
              const { at, write, read } = start.need('database')
              start.views.push(async (app) => {
                app.post(
                  '/pairs',
                  async () => await write([`${at}pairs`, `${at}pairs`].map((name) => ({ sql: `insert into ${name} values(1)` }))),
                )
                app.post(
                  '/numbers',
                  async () => await write([1, 2].map((number) => ({ sql: `insert into ${at}pairs values(${number}) returning n` }))),
                )
                app.get('/pairs', async () => ({ rows: await read(`select n from ${at}pairs`) }))
              })
            },
          },
        ],
      })
      service.app.log.error = () => {}
      assert.equal((await request('POST', '/v1/pairs')).status, 503)
      assert.deepEqual((await request('GET', '/v1/pairs')).body, { rows: [] })
      assert.equal((await request('POST', '/v1/numbers')).text, JSON.stringify([[[shown(1)]], [[shown(2)]]]))
    })
  })
}

test('A plugin whose tables the storage can’t keep ends the start, which says why', async () => {
  const memory = backendSettings('memory')
  assert.equal(
    await startError([visits(1)], memory),
    'the plugin "visits" keeps tables in a database of postgresql or sqlite, and the storage is cliquet/storage/memory',
  )
  assert.match(
    await startError([{ name: 'x', migrations: { postgresql: versions } }], backendSettings('sqlite')),
    /^the plugin "x" keeps tables in a database of postgresql, and the storage is cliquet\/storage\/sqlite$/,
  )
})

test('A plugin that needs a database the storage has not ends the start, one that can do without does not', async () => {
  assert.equal(
    await startError([visits(1, { optional: true })], backendSettings('memory')),
    'a step or plugin needs the SQL database of the storage, and cliquet/storage/memory has none',
  )
  const found: unknown[] = []
  const optional: CliquetPlugin = {
    name: 'optional',
    migrations: { postgresql: versions, optional: true },
    setUp: (start) => void found.push(start.find('database')?.engine),
  }
  await openService({ plugins: [optional] })
  await openService({ plugins: [optional], backend: 'sqlite' })
  assert.deepEqual(found, [undefined, 'sqlite'])
})

test('Two plugins may not keep tables under one name, whatever their modules are called', async () => {
  const file = join(temporaryFolder(), 'other.mjs')
  writeFileSync(file, "export const plugin = { name: 'visits', migrations: { sqlite: [] } }")
  assert.equal(
    await startError([visits(1)], { ...backendSettings('sqlite'), includes: file }),
    'two plugins keep tables under the name "visits"',
  )
})
