import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AnyResourceEvent, HttpError, type Service, storedText, Type } from '../../src/index.ts'
import { batch, statuses } from '../protocol/batch-exchange.ts'
import { openService, rollsBack } from '../protocol/service-under-test.ts'
import { principalOf, scenarios, uuid } from '../resource/http/scenario.ts'
import { createRecorder, inShort } from './recorder.ts'
import { rememberErrors } from './request-logs.ts'

const recorder = createRecorder()
const data = (fields: object) => ({ body: { data: fields } })

/** A title says what subscribers do. */
const titleOf = (event: AnyResourceEvent): unknown => {
  const [first] = event.impacted
  return (
    first !== undefined && 'new' in first && typeof first.new === 'object' && first.new !== null && 'title' in first.new && first.new.title
  )
}

const scenario = await scenarios({
  settings: { flush_endpoint_enabled: true },
  prepare(service: Service) {
    service.resource('note', { schema: { title: Type.String({ default: '' }) } })
    service.resource('entry', { schema: { of: Type.String() } })
    recorder.listenTo(service)
    // What it writes to the history is told in a second round, and what is told there in a third.
    service.subscribe({
      event: 'ResourceChanged',
      resources: ['note', 'entry'],
      async run(event, { storage, notify }) {
        if (titleOf(event) !== 'history' && event.resourceName !== 'entry') return
        const { parentId, resourceName } = event
        const id = crypto.randomUUID()
        const body = storedText({ of: resourceName })
        if (resourceName === 'entry' && event.impacted.some(({ new: { of } }) => of === 'entry')) return
        const outcome = await storage.put({ parentId, resource: 'entry' }, { id, body, condition: { kind: 'absent' } })
        assert.equal(outcome.outcome, 'created')
        const record = { id, last_modified: outcome.record.timestamp, of: resourceName }
        notify({ action: 'create', resourceName: 'entry', parentId, uri: '/entrys', impacted: [{ new: record }] })
      },
    })
    service.subscribe({
      event: 'ResourceChanged',
      run(event, { notify }) {
        const { parentId, uri } = event
        if (titleOf(event) !== 'endless') return
        notify({
          action: 'update',
          resourceName: 'note',
          parentId,
          uri,
          impacted: event.impacted.map(({ new: record }) => ({ new: { ...record }, old: { ...record } })),
        })
      },
    })
    service.subscribe({
      event: 'AfterResourceChanged',
      run(event) {
        if (titleOf(event) === 'fails later') throw new HttpError(507)
      },
    })
    service.subscribe({ event: 'AfterResourceChanged', resources: ['note'], actions: ['create'], run: (event) => void later.push(event) })
  },
})
const later: AnyResourceEvent[] = []

scenario('E7: what subscribers tell comes in later rounds, and after the commit in one', async ({ request, user }) => {
  const { record } = await request('POST', '/v1/notes', data({ title: 'history' }))
  const events = recorder.take(user)
  assert.deepEqual(
    events.map(({ type, resourceName, impacted }) => `${type} ${resourceName} ${impacted.length}`),
    [
      'ResourceChanged note 1',
      'ResourceChanged entry 1',
      'ResourceChanged entry 1',
      'AfterResourceChanged note 1',
      'AfterResourceChanged entry 2',
    ],
  )
  assert.deepEqual(events[0]?.impacted, [{ new: record }])
  assert.ok(events.every(({ userId, request: { method } }) => userId === principalOf(user) && method === 'POST'))
  const { records } = await request('GET', '/v1/entrys')
  assert.deepEqual(records.map(({ of }) => of).sort(), ['entry', 'note'])
  recorder.take(user)
})

scenario('E7: subscribers that cause events without end are a 500, and nothing is written', async ({ request, user, backend }) => {
  const answer = await request('POST', '/v1/notes', data({ title: 'endless' }))
  assert.equal(answer.status, 500)
  assert.equal(recorder.take(user).length, 10)
  if (rollsBack(backend)) assert.deepEqual((await request('GET', '/v1/notes')).records, [])
  recorder.take(user)
})

scenario('E3: a failure after the commit changes no answer, and keeps no other subscriber from running', async ({ request, user }) => {
  later.length = 0
  const answer = await request('POST', '/v1/notes', data({ title: 'fails later' }))
  assert.equal(answer.status, 201)
  assert.deepEqual(inShort(recorder.take(user)), ['ResourceChanged create 1', 'AfterResourceChanged create 1'])
  assert.deepEqual(
    later.map(({ impacted }) => impacted),
    [[{ new: answer.record }]],
  )
})

scenario('E6: a batch with several events tells each to those that want it, in the order of subscription', async ({ request, user }) => {
  later.length = 0
  const put = (title: string) => ({ method: 'PUT', path: `/notes/${uuid(1)}`, body: { data: { title } } })
  const entry = { method: 'POST', path: '/entrys', body: { data: { of: 'entry' } } }
  assert.deepEqual(statuses(await batch(request, [entry, put('a'), put('b'), entry])), [201, 201, 200, 201])
  const changed = recorder.take(user).map(({ type, action, resourceName }) => `${type} ${action} ${resourceName}`)
  assert.deepEqual(changed.slice(0, 3), ['ResourceChanged create entry', 'ResourceChanged create note', 'ResourceChanged update note'])
  assert.deepEqual(
    later.map(({ action, resourceName }) => `${action} ${resourceName}`),
    ['create note'],
  )
})

test('E3: what fails after the commit is logged with the request', async () => {
  const { request, service } = await openService({
    prepare(one) {
      one.resource('note', { schema: {} })
      one.subscribe({
        event: 'AfterResourceChanged',
        run() {
          throw new TypeError('the index is down')
        },
      })
    },
  })
  const logged = rememberErrors(service.app)
  const answer = await request('POST', '/v1/notes', data({}))
  assert.equal(answer.status, 201)
  assert.deepEqual(
    logged.map(({ rid, err, event, message }) => [rid, err.message, event, message]),
    [[answer.headers['x-request-id'], 'the index is down', 'AfterResourceChanged', 'a subscriber has failed after the commit']],
  )
})

test('R2.7: flushing is told, with who did it, and what fails then changes no answer', async () => {
  const told: unknown[] = []
  const { request } = await openService({
    settings: { flush_endpoint_enabled: true },
    subscribers: [
      {
        event: 'ServerFlushed',
        async run({ type, timestamp, userId, request: { method } }, { storage }) {
          const { total } = await storage.count({ parentId: String(userId), resource: 'note' }, [])
          told.push({ type, hasTime: timestamp > 1e12, userId, method, total })
          throw new HttpError(507)
        },
      },
    ],
    prepare: (service) => void service.resource('note', { schema: {} }),
  })
  await request('POST', '/v1/notes', data({}))
  assert.equal((await request('POST', '/v1/__flush__')).status, 202)
  assert.deepEqual(told, [{ type: 'ServerFlushed', hasTime: true, userId: principalOf('mat:secret'), method: 'POST', total: 0 }])
})

test('E9: without a subscriber to them, requests begin no transaction', async () => {
  let begun = 0
  const { request, service } = await openService({
    prepare(one) {
      one.resource('note', { schema: {} })
      one.resource('quiet', { schema: {} })
      one.subscribe({ event: 'ResourceChanged', resources: ['note'], actions: ['update', 'delete'], run() {} })
      one.subscribe({ event: 'AfterResourceChanged', run() {} })
    },
  })
  const { storage } = service.app
  const begin = storage.begin.bind(storage)
  storage.begin = (options) => {
    begun += 1
    return begin(options)
  }
  const { record } = await request('POST', '/v1/notes', data({}))
  await request('GET', '/v1/notes')
  await request('POST', '/v1/quiets', data({}))
  assert.equal(begun, 0)
  await request('PUT', `/v1/notes/${record.id}`, data({}))
  await request('PATCH', `/v1/notes/${record.id}`, data({ a: 1 }))
  await request('DELETE', `/v1/notes/${record.id}`)
  await request('DELETE', '/v1/notes')
  assert.equal(begun, 4)
})
