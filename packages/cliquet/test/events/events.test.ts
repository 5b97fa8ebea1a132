import assert from 'node:assert/strict'
import { type Service, Type } from '../../src/index.ts'
import { batch, statuses } from '../protocol/batch-exchange.ts'
import { principalOf, scenarios, uuid } from '../resource/http/scenario.ts'
import { createRecorder, inShort, outline } from './recorder.ts'

const recorder = createRecorder()

const scenario = await scenarios({
  settings: { sheet_create_principals: 'system.Authenticated' },
  prepare(service: Service) {
    service.resource('note', {
      schema: { title: Type.String({ default: '' }), size: Type.Integer({ default: 1 }) },
      uniqueFields: ['title'],
    })
    service.resource('sheet', { schema: { title: Type.String({ default: '' }) }, shared: true })
    service.resource('line', { schema: { text: Type.String() }, collectionPath: '/books/{book}/lines' })
    recorder.listenTo(service)
  },
})

const path = `/v1/notes/${uuid(1)}`
const data = (fields: object) => ({ body: { data: fields } })

scenario('E2 E3: a created record is told before and after the commit, with who, where, when and what', async ({ request, user }) => {
  const { record, timestamp } = await request('POST', '/v1/notes', data({ title: 'a' }))
  const events = recorder.take(user)
  const expected = { action: 'create', resourceName: 'note', uri: '/notes', impacted: [{ new: record }] }
  assert.deepEqual(events.map(outline), [
    { type: 'ResourceChanged', ...expected },
    { type: 'AfterResourceChanged', ...expected },
  ])
  for (const event of events) {
    const { parentId, userId, parameters, request: told } = event
    assert.deepEqual([parentId, userId, parameters, event.timestamp], [principalOf(user), principalOf(user), {}, timestamp])
    assert.equal(told.method, 'POST')
  }
})

scenario('E5: an update has the whole record as it was and as it is, whatever the answer shows of it', async ({ request, user }) => {
  const { record: first } = await request('PUT', path, data({ title: 'a' }))
  recorder.take(user)
  const changes = [
    { method: 'PUT', sent: data({ title: 'b', size: 2 }) },
    { method: 'PATCH', sent: data({ size: 3 }) },
    { method: 'PATCH', sent: { ...data({ size: 4 }), headers: { 'Response-Behavior': 'light' } } },
    { method: 'PATCH', sent: { ...data({ size: 5 }), headers: { 'Response-Behavior': 'diff' } } },
    { method: 'PATCH', sent: { ...data({ title: null }), headers: { 'Content-Type': 'application/merge-patch+json' } } },
  ]
  let old = first
  for (const { method, sent } of changes) {
    await request(method, path, sent)
    const [before, after, ...others] = recorder.take(user)
    const { record } = await request('GET', path)
    recorder.take(user)
    const expected = { action: 'update', resourceName: 'note', uri: '/notes', impacted: [{ new: record, old }] }
    assert.deepEqual(
      [before, after].map((event) => event && outline(event)),
      [
        { type: 'ResourceChanged', ...expected },
        { type: 'AfterResourceChanged', ...expected },
      ],
    )
    assert.deepEqual(others, [])
    old = record
  }
})

scenario('A deletion has the whole record and what remains of it; of a list one entry for each record', async ({ request, user }) => {
  const { record: one } = await request('PUT', path, data({ title: 'a' }))
  const { record: two } = await request('PUT', `/v1/notes/${uuid(2)}`, data({ title: 'b' }))
  const { record: three } = await request('PUT', `/v1/notes/${uuid(3)}`, data({ title: 'c', size: 9 }))
  recorder.take(user)
  const { record: tombstone } = await request('DELETE', path)
  assert.deepEqual(
    recorder.take(user).map(({ impacted }) => impacted),
    Array(2).fill([{ new: tombstone, old: one }]),
  )
  const { records, timestamp } = await request('DELETE', '/v1/notes?_sort=-title')
  const events = recorder.take(user)
  assert.deepEqual(inShort(events), ['ResourceChanged delete 2', 'AfterResourceChanged delete 2'])
  assert.deepEqual(events[0]?.impacted, [
    { new: records[0], old: three },
    { new: records[1], old: two },
  ])
  assert.equal(events[0]?.timestamp, timestamp)
  await request('DELETE', '/v1/notes')
  assert.deepEqual(recorder.take(user), [])
  await request('PUT', path, data({ title: 'again' }))
  assert.deepEqual(inShort(recorder.take(user)), ['ResourceChanged create 1', 'AfterResourceChanged create 1'])
})

scenario(
  'E5: reading tells of whole records, also with _fields, and of tombstones; 304, HEAD of a list and refusals of nothing',
  async (play) => {
    const { request, user } = play
    const { record: one, headers } = await request('PUT', path, data({ title: 'a' }))
    const { record: two } = await request('PUT', `/v1/notes/${uuid(2)}`, data({ title: 'b' }))
    const { record: gone } = await request('DELETE', `/v1/notes/${uuid(2)}`)
    recorder.take(user)
    const read = async (target: string, sent = {}): Promise<unknown> => {
      await request('GET', target, sent)
      const events = recorder.take(user)
      assert.deepEqual(
        events.map(({ type }) => type),
        events.length === 0 ? [] : ['ResourceRead', 'AfterResourceRead'],
      )
      return events[0]?.impacted
    }
    assert.deepEqual(await read(path), [one])
    assert.deepEqual(await read(`${path}?_fields=size`), [one])
    assert.deepEqual(await read('/v1/notes?_fields=size'), [one])
    assert.deepEqual(await read('/v1/notes?_since=0&_sort=last_modified'), [one, gone])
    assert.deepEqual(await read('/v1/notes?title=x'), [])
    assert.equal(await read(path, { headers: { 'If-None-Match': headers.etag } }), undefined)
    assert.equal(await read(`/v1/notes/${uuid(9)}`), undefined)
    assert.equal(await read('/v1/notes?_limit=x'), undefined)
    await request('HEAD', '/v1/notes')
    assert.deepEqual(recorder.take(user), [])
    await request('POST', '/v1/notes', data({ id: uuid(1), title: two.title }))
    assert.deepEqual(inShort(recorder.take(user)), ['ResourceRead read 1', 'AfterResourceRead read 1'])
  },
)

scenario('E4: what is refused raises nothing: preconditions, conflicts, bad bodies, missing records, missing rights', async (play) => {
  const { request, user, other } = play
  await request('PUT', path, data({ title: 'a' }))
  await request('PUT', `/v1/notes/${uuid(2)}`, data({ title: 'b' }))
  const { record: sheet } = await request('POST', '/v1/sheets', data({}))
  recorder.take(user)
  const answers = [
    await request('PUT', path, { ...data({ title: 'c' }), headers: { 'If-Match': '"1"' } }),
    await request('PUT', path, { ...data({ title: 'c' }), headers: { 'If-None-Match': '*' } }),
    await request('DELETE', '/v1/notes', { headers: { 'If-Match': '"1"' } }),
    await request('PUT', path, data({ title: 'b' })),
    await request('PATCH', path, data({ title: 'b' })),
    await request('PUT', path, data({ title: 7 })),
    await request('DELETE', `/v1/notes/${uuid(9)}`),
    await request('PATCH', `/v1/sheets/${sheet.id}`, { ...data({ title: 'x' }), auth: other('bob') }),
    await request('DELETE', path, { auth: null }),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [412, 412, 412, 409, 409, 400, 404, 403, 401],
  )
  assert.deepEqual([...recorder.take(user), ...recorder.take(other('bob'))], [])
  assert.equal((await request('GET', path)).record.title, 'a')
})

scenario('Permissions are not told, but that they changed is', async ({ request, user, other }) => {
  const { record } = await request('POST', '/v1/sheets', { body: { data: { title: 'a' }, permissions: { read: ['system.Everyone'] } } })
  const [created] = recorder.take(user)
  assert.deepEqual(created?.impacted, [{ new: record }])
  assert.equal(created?.parentId, '')
  const write = [principalOf(other('bob'))]
  const { record: changed } = await request('PATCH', `/v1/sheets/${record.id}`, { body: { permissions: { write } } })
  assert.deepEqual(recorder.take(user)[0]?.impacted, [{ new: changed, old: record }])
  await request('PATCH', `/v1/sheets/${record.id}`, { ...data({ title: 'b' }), auth: other('bob') })
  assert.deepEqual(inShort(recorder.take(other('bob'))), ['ResourceChanged update 1', 'AfterResourceChanged update 1'])
  assert.deepEqual(recorder.take(user), [])
})

scenario(
  'Parameters of the path are told, and make the URI; the JSON of an event has the names of the protocol',
  async ({ request, user, word }) => {
    const { record } = await request('POST', `/v1/books/${word}%20a/lines`, data({ text: 'x' }))
    const [event] = recorder.take(user)
    assert.deepEqual([event?.uri, event?.parameters], [`/books/${word} a/lines`, { book: `${word} a` }])
    assert.deepEqual(JSON.parse(JSON.stringify(event)), {
      book: `${word} a`,
      timestamp: record.last_modified,
      action: 'create',
      uri: `/books/${word} a/lines`,
      user_id: principalOf(user),
      resource_name: 'line',
      parent_id: `${principalOf(user)}/books/${word} a/lines`,
      impacted: [{ new: record }],
    })
  },
)

scenario('E1: a batch is one transaction: one event for each collection, action and user, in the order of the first', async (play) => {
  const { request, user, other, word } = play
  const as = (name: string) => ({ headers: { Authorization: `Basic ${Buffer.from(other(name)).toString('base64')}` } })
  const put = (id: number, title: string) => ({ method: 'PUT', path: `/notes/${uuid(id)}`, body: { data: { title } } })
  const line = (book: string, text: string) => ({ method: 'POST', path: `/books/${word}${book}/lines`, body: { data: { text } } })
  const parts = await batch(request, [
    put(1, 'a'),
    line('x', 'one'),
    put(1, 'b'),
    put(2, 'c'),
    line('y', 'two'),
    line('x', 'three'),
    { ...put(3, 'd'), ...as('bob') },
    { method: 'DELETE', path: `/notes/${uuid(2)}` },
    put(1, 'e'),
    { path: `/notes/${uuid(9)}` },
    { path: `/notes/${uuid(1)}` },
  ])
  assert.deepEqual(statuses(parts), [201, 201, 200, 201, 201, 201, 201, 200, 200, 404, 200])
  const events = recorder.take(user)
  const changed = events.filter(({ type }) => type === 'ResourceChanged' || type === 'ResourceRead')
  const summary = changed.map(({ action, uri, impacted }) => `${action} ${uri} ${impacted.length}`)
  assert.deepEqual(summary, [
    'create /notes 2',
    `create /books/${word}x/lines 2`,
    'update /notes 2',
    `create /books/${word}y/lines 1`,
    'delete /notes 1',
    'read /notes 1',
  ])
  assert.deepEqual(
    changed[2]?.impacted.map((entry) =>
      'old' in entry ? [(entry.old as { title?: string }).title, (entry.new as { title?: string }).title] : [],
    ),
    [
      ['a', 'b'],
      ['b', 'e'],
    ],
  )
  const after = events.slice(changed.length)
  assert.deepEqual(
    after.map(({ action, uri, impacted }) => `${action} ${uri} ${impacted.length}`),
    summary,
  )
  assert.ok(after.every(({ type }) => type.startsWith('After')))
  assert.deepEqual(inShort(recorder.take(other('bob'))), ['ResourceChanged create 1', 'AfterResourceChanged create 1'])
})

scenario('E4: a batch that is not committed raises nothing', async ({ request, user }) => {
  await request('PUT', path, data({ title: 'taken' }))
  recorder.take(user)
  const put = (id: number, title: string) => ({ method: 'PUT', path: `/notes/${uuid(id)}`, body: { data: { title } } })
  assert.deepEqual(statuses(await batch(request, [put(2, 'free'), put(3, 'taken'), put(4, 'other')])), [201, 409, 201])
  assert.deepEqual(recorder.take(user), [])
})

scenario('E8: requests that are under way together are told apart', async ({ request, other }) => {
  const users = Array.from({ length: 8 }, (_, number) => other(`user${number}x`))
  const write = async (user: string, number: number): Promise<void> => {
    const put = (id: number) => ({ method: 'PUT', path: `/notes/${uuid(id)}`, body: { data: { title: `t${id}` } } })
    const ids = Array.from({ length: number + 1 }, (_, index) => index + 1)
    assert.ok(statuses(await batch(request, ids.map(put), { auth: user })).every((status) => status === 201))
    await request('POST', '/v1/notes', { ...data({ title: 'single' }), auth: user })
  }
  await Promise.all(users.map(write))
  for (const [number, user] of users.entries()) {
    assert.deepEqual(inShort(recorder.take(user)), [
      `ResourceChanged create ${number + 1}`,
      `AfterResourceChanged create ${number + 1}`,
      'ResourceChanged create 1',
      'AfterResourceChanged create 1',
    ])
  }
})
