import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CliquetPlugin, HttpError, type Service, type TableVersion, Type } from '../../src/index.ts'
import { batch, post, statuses } from '../protocol/batch-exchange.ts'
import { openService, reasonToSkip } from '../protocol/service-under-test.ts'
import { scenarios, uuid } from '../resource/http/scenario.ts'

// The request of an event works where the subscriber does: inside the transaction before its commit, outside of it afterwards.

const versions: readonly TableVersion[] = [
  { title: 'log', sql: (at) => `create table ${at}changes_log(who text not null, what text not null)` },
]

const changes: CliquetPlugin = {
  name: 'changes',
  migrations: { postgresql: versions, sqlite: versions, distributions: [{ table: 'changes_log', column: 'who' }] },
  setUp(start) {
    const database = start.need('database')
    const [who, what] = database.engine === 'postgresql' ? ['$1', '$2'] : ['?', '?']
    const insert = `insert into ${database.at}changes_log values(${who},${what})`
    const select = `select what from ${database.at}changes_log where who=${who} order by what`
    start.app.subscribe({
      event: 'ResourceChanged',
      async run({ request, userId, impacted }) {
        for (const { new: record } of impacted) await database.of(request).write([{ sql: insert, values: [String(userId), record.id] }])
        if (impacted.some(({ new: record }) => 'title' in record && record.title === 'refused')) throw new HttpError(507)
      },
    })
    start.views.push(async (app) => {
      app.get('/log', async ({ userId }) => ({ log: (await database.read(select, [String(userId)])).map(([id]) => id) }))
    })
  },
}

const totals: Record<'before' | 'after', number[]> = { before: [], after: [] }

const scenario = await scenarios({
  prepare(service) {
    service.resource('note', { schema: { title: Type.String({ default: '' }) } })
    const count = (when: 'before' | 'after') =>
      async function run({ request, parentId }: { request: { storage: { count: typeof service.app.storage.count } }; parentId: string }) {
        const { total } = await request.storage.count({ parentId, resource: 'note' }, [])
        totals[when].push(total)
      }
    service.subscribe({ event: 'ResourceChanged', run: count('before') })
    service.subscribe({ event: 'AfterResourceChanged', run: count('after') })
  },
})

const put = (id: number, title = '') => ({ method: 'PUT', path: `/notes/${uuid(id)}`, body: { data: { title } } })

scenario('The storage of the request sees what it wrote, before the commit and after it', async ({ request }) => {
  totals.before = []
  totals.after = []
  await request('POST', '/v1/notes', { body: { data: {} } })
  assert.deepEqual(statuses(await batch(request, [put(1), put(2)])), [201, 201])
  assert.deepEqual(totals, { before: [1, 3], after: [1, 3] })
})

for (const backend of ['sqlite', 'postgresql'] as const) {
  test(`What a subscriber writes to tables of a plugin is committed with the record, or not at all (${backend})`, {
    skip: reasonToSkip(backend),
  }, async () => {
    const prepare = (service: Service): void => void service.resource('note', { schema: { title: Type.String({ default: '' }) } })
    const { request } = await openService({ backend, prepare, plugins: [changes] })
    const log = async (): Promise<unknown> => (await request('GET', '/v1/log')).body.log
    assert.equal((await request('PUT', `/v1/notes/${uuid(1)}`, { body: { data: {} } })).status, 201)
    assert.deepEqual(statuses(await batch(request, [put(2), put(3)])), [201, 201])
    assert.deepEqual(await log(), [1, 2, 3].map(uuid))
    assert.equal((await request('PUT', `/v1/notes/${uuid(4)}`, { body: { data: { title: 'refused' } } })).status, 507)
    assert.equal((await post(request, { requests: [put(5), put(6, 'refused')] })).status, 507)
    assert.deepEqual(await log(), [1, 2, 3].map(uuid))
  })
}
