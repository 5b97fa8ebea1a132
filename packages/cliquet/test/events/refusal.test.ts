import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { BackendError, HttpError, InvalidParameters, type Service, storedText, type TransactionContext, Type } from '../../src/index.ts'
import { batch, post, statuses } from '../protocol/batch-exchange.ts'
import { openService, rollsBack, type Send, usableBackends } from '../protocol/service-under-test.ts'
import { permissionsOf, principalOf, scenarios, uuid } from '../resource/http/scenario.ts'
import { createRecorder, inShort } from './recorder.ts'

const recorder = createRecorder()

/** Adds to a counter of the user, in the transaction. */
async function count({ storage }: TransactionContext, userId = ''): Promise<number> {
  const counters = { parentId: userId, resource: 'counter' }
  const { total } = await storage.count(counters, [])
  await storage.put(counters, { id: `n${total}`, body: storedText({}), condition: { kind: 'absent' } })
  return total + 1
}

const faults: Readonly<Record<string, () => Error>> = {
  full: () => new HttpError(507, { message: 'The quota is used up.', errno: 42, headers: { 'x-quota': '0' } }),
  wrong: () => new InvalidParameters([{ location: 'body', name: 'data.title', description: 'is wrong' }]),
  down: () => new BackendError('secret text'),
  broken: () => new TypeError('secret text'),
}

function prepare(service: Service): void {
  service.resource('note', { schema: { title: Type.String({ default: '' }) }, uniqueFields: ['title'] })
  service.resource('sheet', { schema: { title: Type.String({ default: '' }) }, shared: true })
  service.resource('counter', { schema: {} })
  service.subscribe({
    event: 'ResourceChanged',
    async run({ impacted, userId }, context) {
      await count(context, userId)
      for (const { new: record } of impacted) {
        const fault = 'title' in record ? faults[String(record.title)] : undefined
        if (fault !== undefined) throw fault()
      }
    },
  })
  recorder.listenTo(service)
}

const settings = { sheet_create_principals: 'system.Authenticated' }
const scenario = await scenarios({ prepare, settings })
const data = (fields: object) => ({ body: { data: fields } })
const path = `/v1/notes/${uuid(1)}`

/** What a client can see of everything that is stored. */
async function seen(request: Send): Promise<unknown> {
  const lists = ['/v1/notes?_since=0', '/v1/sheets', '/v1/counters'].map((list) => request('GET', list))
  return (await Promise.all(lists)).map(({ headers, records }) => [headers.etag, records])
}

for (const [title, status, errno] of [
  ['full', 507, 42],
  ['wrong', 400, 107],
  ['down', 503, 201],
  ['broken', 500, 999],
] as const) {
  scenario(`E2: a subscriber that throws is answered with ${status}, and nothing is written`, async ({ request, backend, user }) => {
    const { record: note } = await request('PUT', path, data({ title: 'first' }))
    const before = await seen(request)
    recorder.take(user)
    const answers = [await request('PUT', path, data({ title }))]
    // Elsewhere the first one has taken the name.
    if (rollsBack(backend)) {
      answers.push(await request('POST', '/v1/notes', data({ title })), await request('PATCH', path, data({ title })))
    }
    for (const answer of answers) {
      assert.deepEqual([answer.status, answer.body.errno], [status, errno])
      assert.doesNotMatch(answer.text, /secret/)
      if (title === 'full') assert.deepEqual([answer.headers['x-quota'], answer.body.message], ['0', 'The quota is used up.'])
    }
    assert.deepEqual(recorder.take(user), [])
    if (!rollsBack(backend)) return
    assert.deepEqual(await seen(request), before)
    assert.deepEqual((await request('GET', path)).record, note)
    // Neither the name nor a timestamp is left behind.
    const { record: last } = await request('PUT', path, data({ title: 'free' }))
    assert.equal((await request('GET', '/v1/notes')).timestamp, last.last_modified)
  })
}

scenario('E2: permissions are taken back with the record', async ({ request, backend, user, other }) => {
  const read = [principalOf(other('bob'))]
  const { record } = await request('POST', '/v1/sheets', data({ title: 'a' }))
  const target = `/v1/sheets/${record.id}`
  assert.equal((await request('PATCH', target, { body: { data: { title: 'full' }, permissions: { read } } })).status, 507)
  if (!rollsBack(backend)) return
  assert.deepEqual(permissionsOf(await request('GET', target)), { write: [principalOf(user)] })
  assert.equal((await request('GET', target, { auth: other('bob') })).status, 403)
})

scenario('E2: what a subscriber writes is committed with the record, once for each event', async ({ request }) => {
  const counted = async (): Promise<number> => (await request('GET', '/v1/counters')).records.length
  await request('POST', '/v1/notes', data({ title: 'a' }))
  assert.equal(await counted(), 1)
  const put = (id: number) => ({ method: 'PUT', path: `/notes/${uuid(id)}`, body: { data: { title: `t${id}` } } })
  await batch(request, [put(1), put(2), put(3)])
  assert.equal(await counted(), 2)
  await request('DELETE', '/v1/notes')
  assert.equal(await counted(), 3)
})

scenario('E2: a refusal of one event is the answer to the whole batch, of which nothing is written', async ({ request, backend, user }) => {
  await request('PUT', path, data({ title: 'first' }))
  const before = await seen(request)
  recorder.take(user)
  const put = (id: number, title: string) => ({ method: 'PUT', path: `/notes/${uuid(id)}`, body: { data: { title } } })
  const answer = await post(request, { requests: [put(2, 'a'), put(3, 'full'), put(4, 'b')] })
  assert.deepEqual([answer.status, answer.body.errno, answer.body.code], [507, 42, 507])
  assert.deepEqual(inShort(recorder.take(user)), [])
  if (rollsBack(backend)) assert.deepEqual(await seen(request), before)
  assert.deepEqual(statuses(await batch(request, [put(5, 'c')])), [201])
})

scenario('R6.1: the timestamp that a refused request tells of a list stays that of the list', async ({ request }) => {
  const answer = await request('POST', '/v1/notes', { ...data({ title: 'a' }), headers: { 'If-Match': '"1"' } })
  assert.equal(answer.status, 412)
  assert.equal((await request('GET', '/v1/notes')).headers.etag, answer.headers.etag)
})

scenario('Writers of one list at once, each in a transaction with a subscriber that writes, lose nothing', async ({ request }) => {
  const numbers = Array.from({ length: 16 }, (_, number) => number)
  const answers = await Promise.all(numbers.map((number) => request('POST', '/v1/notes', data({ title: `t${number}` }))))
  assert.deepEqual(
    answers.map(({ status, text }) => (status === 201 ? '' : text)),
    numbers.map(() => ''),
  )
  assert.equal((await request('GET', '/v1/notes')).records.length, numbers.length)
  const stamps = answers.map(({ record }) => record.last_modified)
  assert.equal(new Set(stamps).size, numbers.length)
})

for (const backend of usableBackends) {
  test(`E3: when the commit fails nothing is told of it, and nothing is written (${backend})`, async () => {
    const { request, service } = await openService({ prepare, backend, settings })
    const { storage } = service.app
    const begin = storage.begin.bind(storage)
    const broken = mock.method(storage, 'begin', async () => {
      const transaction = await begin()
      mock.method(transaction, 'commit', async () => {
        throw new BackendError('no disk')
      })
      return transaction
    })
    const auth = `commit-${backend}:secret`
    assert.equal((await request('POST', '/v1/notes', { ...data({ title: 'a' }), auth })).status, 503)
    broken.mock.restore()
    assert.deepEqual(inShort(recorder.take(auth)), ['ResourceChanged create 1'])
    if (rollsBack(backend)) assert.deepEqual((await request('GET', '/v1/notes', { auth })).records, [])
  })

  test(`Without transaction_per_request each request is told of by itself, and a refusal undoes nothing (${backend})`, async () => {
    const { request } = await openService({ prepare, backend, settings: { ...settings, transaction_per_request: false } })
    const auth = `off-${backend}:secret`
    const send: Send = (method, target, sent) => request(method, target, { auth, ...sent })
    const put = (id: number, title: string) => ({ method: 'PUT', path: `/notes/${uuid(id)}`, body: { data: { title } } })
    assert.deepEqual(statuses(await batch(send, [put(1, 'a'), put(2, 'b')])), [201, 201])
    assert.deepEqual(inShort(recorder.take(auth)), [
      'ResourceChanged create 1',
      'AfterResourceChanged create 1',
      'ResourceChanged create 1',
      'AfterResourceChanged create 1',
    ])
    assert.equal((await send('PUT', path, data({ title: 'full' }))).status, 507)
    assert.deepEqual(inShort(recorder.take(auth)), ['AfterResourceChanged update 1'])
    assert.equal((await send('GET', path)).record.title, 'full')
  })
}
