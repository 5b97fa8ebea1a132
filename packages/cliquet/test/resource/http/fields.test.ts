import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import { type Play, scenarios, uuid } from './scenario.ts'

const schema = { title: Type.Optional(Type.String()), nested: Type.Optional(Type.Any()) }

function prepare(service: Service): void {
  service.resource('article', { schema }).resource('strict', { schema, preserveUnknown: false }).resource('sheet', { schema, shared: true })
}

const scenario = await scenarios({ prepare, settings: { sheet_create_principals: 'system.Authenticated' } })

const data = { title: 'A', other: 1, nested: { a: { b: 1, c: 2 }, d: [1] }, 'x.y': { z: 1, w: 2 }, list: [{ a: 1 }] }
const put = ({ request }: Play, resource = 'articles') => request('PUT', `/v1/${resource}/${uuid(1)}`, { body: { data } })

/** The record with these fields, from the record endpoint; the list must give the same. */
async function selected({ request }: Play, fields: string): Promise<Record<string, unknown>> {
  const one = await request('GET', `/v1/articles/${uuid(1)}?_fields=${fields}`)
  const many = await request('GET', `/v1/articles?_fields=${fields}`)
  assert.equal(one.status, 200)
  assert.deepEqual(many.records, [one.record])
  const { id, last_modified, ...rest } = one.record
  assert.equal(id, uuid(1))
  assert.equal(`"${last_modified}"`, one.headers.etag)
  return rest
}

scenario('R8.14: _fields keeps the named fields, and always id and last_modified', async (play) => {
  await put(play)
  for (const [fields, expected] of [
    ['title', { title: 'A' }],
    ['title,other', { title: 'A', other: 1 }],
    ['id', {}],
    ['last_modified,title', { title: 'A' }],
    ['missing', {}],
    ['', data],
  ] as const) {
    assert.deepEqual(await selected(play, fields), expected, fields)
  }
})

scenario('R8.14: nested names keep only that part, and names under one parent merge', async (play) => {
  await put(play)
  for (const [fields, expected] of [
    ['nested.a', { nested: { a: { b: 1, c: 2 } } }],
    ['nested.a.b', { nested: { a: { b: 1 } } }],
    ['nested.a.b,nested.d', { nested: { a: { b: 1 }, d: [1] } }],
    ['nested.a.b,nested.a.c', { nested: { a: { b: 1, c: 2 } } }],
    ['nested.missing', { nested: {} }],
    ['nested.a.missing', { nested: { a: {} } }],
  ] as const) {
    assert.deepEqual(await selected(play, fields), expected, fields)
  }
})

scenario('R8.14: a name below a scalar or a list keeps that value whole, and a literal dotted key is found', async (play) => {
  await put(play)
  for (const [fields, expected] of [
    ['title.x', { title: 'A' }],
    ['list.a', { list: [{ a: 1 }] }],
    ['nested.d.0', { nested: { d: [1] } }],
    ['x.y', { 'x.y': { z: 1, w: 2 } }],
    ['x.y.z', { 'x.y': { z: 1 } }],
  ] as const) {
    assert.deepEqual(await selected(play, fields), expected, fields)
  }
})

scenario('R8.14: tombstones keep deleted', async (play) => {
  await put(play)
  const gone = await play.request('DELETE', `/v1/articles/${uuid(1)}`)
  for (const fields of ['title', 'id', 'nested.a']) {
    assert.deepEqual((await play.request('GET', `/v1/articles?_since=0&_fields=${fields}`)).records, [gone.record])
  }
})

scenario('R8.14 R10.11: with _fields a record is answered without its permissions', async (play) => {
  const created = await play.request('POST', '/v1/sheets', { body: { data } })
  const path = `/v1/sheets/${created.record.id}`
  assert.deepEqual(Object.keys((await play.request('GET', `${path}?_fields=title`)).body), ['data'])
  assert.deepEqual(Object.keys((await play.request('GET', `${path}?_fields=`)).body).toSorted(), ['data', 'permissions'])
})

scenario('R8.15: unknown names are refused where unknown fields are dropped, else ignored', async (play) => {
  await put(play)
  await put(play, 'stricts')
  assert.deepEqual(await selected(play, 'zz,title'), { title: 'A' })
  for (const path of ['/v1/stricts', `/v1/stricts/${uuid(1)}`]) {
    const answer = await play.request('GET', `${path}?_fields=title,zz`)
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body.details, [{ location: 'body', name: 'Invalid _fields parameter', description: 'Fields zz do not exist' }])
    assert.equal((await play.request('GET', `${path}?_fields=title,nested.zz,id,last_modified`)).status, 200)
  }
})

scenario('R8.14: key names with a meaning in JavaScript select nothing that is not there', async (play) => {
  await put(play)
  for (const fields of ['__proto__', 'constructor.name', 'toString', 'nested.__proto__.x', 'nested.constructor']) {
    const { nested, ...rest } = await selected(play, fields)
    assert.deepEqual(rest, {}, fields)
    if (nested !== undefined) assert.deepEqual(nested, {})
  }
})
