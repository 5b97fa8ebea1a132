import assert from 'node:assert/strict'
import { HttpError, InvalidParameters, type Service, Type } from '../../../src/index.ts'
import { detailsOf, ownFields, places, scenarios, uuid } from './scenario.ts'

/** What hooks were told, by the word in their record. */
const told = new Map<unknown, unknown[]>()
const late = () => new Promise<void>((resolve) => setImmediate(resolve))

function prepare(service: Service): void {
  service
    .resource('bookmark', {
      schema: { title: Type.Optional(Type.String()), device: Type.String({ default: '' }) },
      readonlyFields: ['device'],
      processRecord: (next, { previous, request }) =>
        next.device === previous?.device ? next : { ...next, device: request.headers['user-agent'] ?? '' },
    })
    .resource('position', {
      schema: { read: Type.Integer({ default: 0 }) },
      processRecord: (next, { previous }) => ({ ...next, read: Math.max(next.read, previous?.read ?? 0) }),
    })
    .resource('witness', {
      schema: { word: Type.String() },
      async processRecord(next, { previous, request }) {
        await late()
        told.set(next.word, [...(told.get(next.word) ?? []), { next, previous, method: request.method, user: request.userId }])
        return next
      },
    })
    .resource('picky', {
      schema: { name: Type.Optional(Type.String()), age: Type.Optional(Type.Integer()) },
      processRecord(next) {
        if (next.name === 'quota')
          throw new HttpError(507, { message: 'Full.', details: { quota: 3 }, errno: 42, info: 'https://a.example' })
        if (next.name === 'teapot') throw new HttpError(418)
        if (next.name === 'bad') throw new InvalidParameters([{ location: 'body', name: 'data.name', description: 'No such name' }])
        if (next.name === 'worse') {
          throw new InvalidParameters([
            { location: 'body', name: 'data.name', description: 'No' },
            { location: 'body', name: 'data.age', description: 'Neither' },
          ])
        }
        if (next.name === 'broken') throw new TypeError('secret text')
        return next
      },
    })
    .resource('locked', {
      schema: { name: Type.Optional(Type.String()) },
      processRecord(next, { previous }) {
        if (previous !== undefined) throw new HttpError(423)
        return next
      },
    })
    .resource('maker', {
      schema: { name: Type.Optional(Type.String()) },
      processRecord: ({ name }) => ({ name: name ?? '', id: 'made up', last_modified: 1, deleted: true, slug: (name ?? '').toLowerCase() }),
    })
}

const scenario = await scenarios({ prepare })

scenario('R5.37: a hook changes what is stored, at creation and at every change', async ({ request }) => {
  const headers = { 'user-agent': 'phone' }
  const created = await request('POST', '/v1/bookmarks', { body: { data: { title: 'A' } }, headers })
  assert.deepEqual([created.status, created.record.device], [201, 'phone'])
  const path = `/v1/bookmarks/${created.record.id}`
  const changed = await request('PATCH', path, { body: { data: { title: 'B' } }, headers: { 'user-agent': 'tablet' } })
  assert.deepEqual(ownFields(changed.record), { title: 'B', device: 'phone' })
  assert.deepEqual((await request('GET', path)).record, changed.record)
})

scenario('R5.37: a hook sees the record as it was: the furthest position is kept', async ({ request }) => {
  const path = `/v1/positions/${uuid(1)}`
  await request('PUT', path, { body: { data: { read: 10 } } })
  assert.equal((await request('PUT', path, { body: { data: { read: 5 } } })).record.read, 10)
  assert.equal((await request('PATCH', path, { body: { data: { read: 7 } } })).record.read, 10)
  assert.equal((await request('PATCH', path, { body: { data: { read: 12 } } })).record.read, 12)
  await request('DELETE', path)
  assert.equal((await request('PUT', path, { body: { data: { read: 5 } } })).record.read, 5)
})

scenario(
  'R5.37: a hook is given the record with its id, the one before with its timestamp, and the request',
  async ({ request, word, service }) => {
    const path = `/v1/witnesss/${uuid(1)}`
    const created = await request('PUT', path, { body: { data: { word } } })
    const patched = await request('PATCH', path, { body: { data: { other: 1 } } })
    await request('PUT', path, { body: { data: { word, fresh: true } } })
    assert.ok(service.app.hasRoute({ method: 'GET', url: '/v1/witnesss' }))
    const user = await (await request('GET', '/v1/')).body.user
    const { id: userId } = user as { id: string } // hello tells who asks
    assert.deepEqual(told.get(word), [
      { next: { id: uuid(1), word }, previous: undefined, method: 'PUT', user: userId },
      { next: { id: uuid(1), word, other: 1 }, previous: created.record, method: 'PATCH', user: userId },
      { next: { id: uuid(1), word, fresh: true }, previous: patched.record, method: 'PUT', user: userId },
    ])
  },
)

scenario('R5.37: a hook is not asked about a record that is refused before', async ({ request, word }) => {
  const path = `/v1/witnesss/${uuid(1)}`
  await request('PUT', path, { body: { data: { word } } })
  const before = told.get(word)?.length
  await request('PUT', path, { body: { data: { word, bad: 1 } }, headers: { 'if-match': '"1"' } })
  await request('POST', '/v1/witnesss', { body: { data: { id: uuid(1), word } } })
  await request('PUT', path, { body: { data: { word, id: uuid(2) } } })
  await request('PUT', path, { body: { data: { word: 5 } } })
  assert.equal(told.get(word)?.length, before)
})

scenario('R5.37 R3.4: a hook refuses with an error of its own, which is sent unchanged', async ({ request }) => {
  const quota = await request('POST', '/v1/pickys', { body: { data: { name: 'quota' } } })
  assert.equal(quota.status, 507)
  const { code, errno, message, details, info } = quota.body
  assert.deepEqual(
    { code, errno, message, details, info },
    { code: 507, errno: 42, message: 'Full.', details: { quota: 3 }, info: 'https://a.example' },
  )
  const teapot = await request('POST', '/v1/pickys', { body: { data: { name: 'teapot' } } })
  assert.deepEqual([teapot.status, teapot.body.errno], [418, 999])
})

scenario('R5.37 R3.5: a hook refuses with the faults it found', async ({ request }) => {
  const bad = await request('PUT', `/v1/pickys/${uuid(1)}`, { body: { data: { name: 'bad' } } })
  assert.deepEqual([bad.status, detailsOf(bad)], [400, [{ location: 'body', name: 'data.name', description: 'No such name' }]])
  assert.equal(bad.body.message, 'data.name in body: No such name')
  const worse = await request('POST', '/v1/pickys', { body: { data: { name: 'worse' } } })
  assert.deepEqual(places(worse), ['body data.age', 'body data.name'])
})

scenario('R5.37 R3.18: an unexpected error of a hook is a 500 that shows nothing of it', async ({ request }) => {
  const answer = await request('POST', '/v1/pickys', { body: { data: { name: 'broken' } } })
  assert.deepEqual([answer.status, answer.body.errno], [500, 999])
  assert.ok(!answer.text.includes('secret'))
})

scenario('R5.37 R9.7: what a hook refuses leaves no trace', async ({ request }) => {
  const path = `/v1/pickys/${uuid(1)}`
  await request('PUT', path, { body: { data: { name: 'good' } } })
  const before = await request('GET', '/v1/pickys')
  for (const name of ['quota', 'bad', 'broken']) {
    for (const method of ['PUT', 'PATCH']) assert.ok((await request(method, path, { body: { data: { name } } })).status >= 400)
    await request('POST', '/v1/pickys', { body: { data: { name } } })
  }
  const after = await request('GET', '/v1/pickys?_since=0')
  assert.deepEqual([after.records, after.headers.etag], [before.records, before.headers.etag])
})

scenario('R5.37: a hook cannot change id, timestamp or the mark of a tombstone', async ({ request }) => {
  const before = Date.now()
  const { record, status } = await request('PUT', `/v1/makers/${uuid(1)}`, { body: { data: { name: 'ABC' } } })
  assert.equal(status, 201)
  assert.deepEqual(ownFields(record), { name: 'ABC', slug: 'abc' })
  assert.equal(record.id, uuid(1))
  assert.ok(Number(record.last_modified) >= before)
})

scenario('R5.37 R5.18: a PUT without data asks the hook about the fields as they are', async ({ request, word }) => {
  const path = `/v1/witnesss/${uuid(1)}`
  const created = await request('PUT', path, { body: { data: { word, kept: { a: 1 } } } })
  await request('PATCH', path, { body: { data: { more: 1 } } })
  const positions = `/v1/positions/${uuid(1)}`
  await request('PUT', positions, { body: { data: { read: 10 } } })
  assert.equal((await request('PUT', positions, { body: {} })).record.read, 10)
  assert.equal((await request('PUT', '/v1/pickys/a', { body: {} })).status, 400)
  const counter = `/v1/makers/${uuid(1)}`
  await request('PUT', counter, { body: { data: { name: 'ABC' } } })
  const again = await request('PUT', counter, { body: {} })
  assert.deepEqual([again.status, ownFields(again.record)], [200, { name: 'ABC', slug: 'abc' }])
  assert.deepEqual(created.record.kept, { a: 1 })
})

scenario('R5.37 R5.18: what a hook refuses is refused for a PUT without data too', async ({ request }) => {
  const path = `/v1/lockeds/${uuid(1)}`
  assert.equal((await request('PUT', path, { body: { data: { name: 'a' } } })).status, 201)
  for (const body of [{}, { data: { name: 'b' } }]) assert.equal((await request('PUT', path, { body })).status, 423)
  assert.equal((await request('PATCH', path, { body: { data: {} } })).status, 423)
})
