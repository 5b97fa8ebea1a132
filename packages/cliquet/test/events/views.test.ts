import assert from 'node:assert/strict'
import { HttpError, type Service, storedText, Type } from '../../src/index.ts'
import { batch, post, statuses } from '../protocol/batch-exchange.ts'
import { rollsBack } from '../protocol/service-under-test.ts'
import { principalOf, scenarios, uuid } from '../resource/http/scenario.ts'
import { createRecorder, inShort } from './recorder.ts'

const recorder = createRecorder()

const scenario = await scenarios({
  prepare(service: Service) {
    service.resource('note', {
      schema: { title: Type.String({ default: '' }) },
      // A hook that reads in the transaction of the request sees what it wrote.
      async processRecord(next, { request }) {
        if (next.title !== 'count') return next
        const { total } = await request.storage.count({ parentId: String(request.userId), resource: 'note' }, [])
        return { ...next, title: `count ${total}` }
      },
    })
    recorder.listenTo(service)
    service.subscribe({
      event: 'ResourceChanged',
      run({ impacted }) {
        if (impacted.some(({ new: record }) => 'title' in record && record.title === 'refused')) throw new HttpError(507)
      },
    })
    service.views(async (app) => {
      app.post<{ Body: { titles: string[] } }>('/import', async (request, reply) => {
        const parentId = String(request.userId)
        const done = await request.transact(async ({ storage, notify }) => {
          const collection = { parentId, resource: 'note' }
          const records = []
          for (const title of request.body.titles) {
            if (title === 'broken') throw new HttpError(400, { message: 'No such title.' })
            const id = crypto.randomUUID()
            const outcome = await storage.put(collection, { id, body: storedText({ title }), condition: { kind: 'absent' } })
            if (outcome.outcome !== 'created') throw new HttpError(409)
            records.push({ new: { id, last_modified: outcome.record.timestamp, title } })
          }
          notify({ action: 'create', resourceName: 'note', parentId, uri: '/notes', impacted: records })
          const { total } = await request.storage.count(collection, [])
          return { imported: records.length, total }
        })
        return reply.code(201).send(done)
      })
    })
  },
})

const load = (...titles: string[]) => ({ body: { titles } })

scenario('A view writes in a transaction, and tells of it', async ({ request, user }) => {
  const answer = await request('POST', '/v1/import', load('a', 'b'))
  assert.deepEqual([answer.status, answer.body], [201, { imported: 2, total: 2 }])
  const events = recorder.take(user)
  assert.deepEqual(inShort(events), ['ResourceChanged create 2', 'AfterResourceChanged create 2'])
  const { records } = await request('GET', '/v1/notes?_sort=title')
  assert.deepEqual(
    events[0]?.impacted,
    records.map((record) => ({ new: record })),
  )
  assert.equal(events[0]?.userId, principalOf(user))
  recorder.take(user)
})

for (const [titles, status] of [
  [['a', 'broken'], 400],
  [['a', 'refused'], 507],
] as const) {
  scenario(`What a view wrote in a transaction is taken back when it ends with ${status}`, async ({ request, user, backend }) => {
    assert.equal((await request('POST', '/v1/import', load(...titles))).status, status)
    assert.deepEqual(
      recorder.take(user).filter(({ type }) => type === 'AfterResourceChanged'),
      [],
    )
    if (rollsBack(backend)) assert.deepEqual((await request('GET', '/v1/notes')).records, [])
    recorder.take(user)
  })
}

scenario('Inside a batch a view works in the transaction of the batch', async ({ request, user, backend }) => {
  const put = (id: number, title: string) => ({ method: 'PUT', path: `/notes/${uuid(id)}`, body: { data: { title } } })
  const view = (...titles: string[]) => ({ method: 'POST', path: '/import', body: { titles } })
  const parts = await batch(request, [put(1, 'a'), view('b', 'c'), put(2, 'count')])
  assert.deepEqual(statuses(parts), [201, 201, 201])
  assert.deepEqual([parts[1]?.body, parts[2]?.body.data?.title], [{ imported: 2, total: 3 }, 'count 3'])
  assert.deepEqual(inShort(recorder.take(user)), ['ResourceChanged create 4', 'AfterResourceChanged create 4'])
  assert.equal((await post(request, { requests: [put(3, 'd'), view('e'), put(4, 'refused')] })).status, 507)
  recorder.take(user)
  if (rollsBack(backend)) assert.equal((await request('GET', '/v1/notes')).records.length, 4)
  recorder.take(user)
})
