import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import type { Play } from './scenario.ts'
import { ownFields, places, scenarios, uuid } from './scenario.ts'

const schema = {
  title: Type.Optional(Type.String()),
  size: Type.Optional(Type.Integer()),
  state: Type.String({ default: 'new' }),
  members: Type.Optional(Type.Array(Type.String())),
}

function prepare(service: Service): void {
  service
    .resource('article', { schema })
    .resource('strict', { schema, preserveUnknown: false })
    .resource('paper', { schema: { name: Type.String(), note: Type.Optional(Type.Union([Type.String(), Type.Null()])) } })
}

const scenario = await scenarios({ prepare })
const path = `/v1/articles/${uuid(1)}`
const put = ({ request }: Play, data: object) => request('PUT', path, { body: { data } })
const mergeType = { 'content-type': 'application/merge-patch+json' }

scenario('R5.20: a record that is not there, or no more, cannot be patched', async ({ request }) => {
  assert.equal((await request('PATCH', path, { body: { data: {} } })).status, 404)
  await request('PUT', path, { body: {} })
  await request('DELETE', path)
  assert.equal((await request('PATCH', path, { body: { data: { title: 'a' } } })).status, 404)
  assert.equal((await request('GET', '/v1/articles')).records.length, 0)
})

scenario('R5.20: a patch needs data or permissions, and empty data is enough', async (play) => {
  await put(play, { title: 'A' })
  for (const headers of [{}, mergeType]) {
    for (const body of [{}, '']) {
      const answer = await play.request('PATCH', path, { body, headers: { 'content-type': 'application/json', ...headers } })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body.details, [
        { location: 'body', name: 'data', description: 'Provide at least one of data or permissions' },
      ])
    }
    assert.equal((await play.request('PATCH', path, { body: { data: {} }, headers })).status, 200)
  }
})

scenario('R5.20 R10.1: a patch of a resource without permissions accepts data only', async (play) => {
  await put(play, {})
  const answer = await play.request('PATCH', path, { body: { data: {}, permissions: { read: [] } } })
  assert.deepEqual([answer.status, places(answer)], [400, ['body ']])
})

scenario('R5.21: the whole resulting record is validated, and the first fault named by its bare field', async (play) => {
  await put(play, { title: 'A' })
  for (const [data, name] of [
    [{ size: 'big', title: 1 }, 'size'],
    [{ members: ['a', 'b', 'c', 4] }, 'members.3'],
    [{ state: 3 }, 'state'],
  ] as const) {
    for (const headers of [{}, mergeType]) {
      const answer = await play.request('PATCH', path, { body: { data }, headers })
      assert.deepEqual([answer.status, places(answer)], [400, [`body ${name}`]])
    }
  }
  assert.deepEqual(ownFields((await play.request('GET', path)).record), { title: 'A', state: 'new' })
})

scenario('R5.21: a required field cannot be removed', async ({ request }) => {
  const paper = `/v1/papers/${uuid(1)}`
  await request('PUT', paper, { body: { data: { name: 'A' } } })
  for (const [headers, body] of [
    [mergeType, { data: { name: null } }],
    [{ 'content-type': 'application/json-patch+json' }, [{ op: 'remove', path: '/data/name' }]],
  ] as const) {
    const answer = await request('PATCH', paper, { body, headers })
    assert.deepEqual([answer.status, places(answer)], [400, ['body name']])
  }
})

scenario('R5.21: unknown fields are dropped where the resource does not keep them', async ({ request }) => {
  const strict = `/v1/stricts/${uuid(1)}`
  await request('PUT', strict, { body: { data: { title: 'A' } } })
  for (const headers of [{}, mergeType]) {
    const answer = await request('PATCH', strict, { body: { data: { title: 'B', unknown: 1 } }, headers })
    assert.deepEqual(ownFields(answer.record), { title: 'B', state: 'new' })
  }
  const headers = { 'content-type': 'application/json-patch+json' }
  const patched = await request('PATCH', strict, { body: [{ op: 'add', path: '/data/unknown', value: 1 }], headers })
  assert.deepEqual(ownFields(patched.record), { title: 'B', state: 'new' })
})

scenario('R5.21: a declared field that was removed gets its default again', async (play) => {
  await put(play, { state: 'old' })
  const answer = await play.request('PATCH', path, { body: { data: { state: null } }, headers: mergeType })
  assert.deepEqual(ownFields(answer.record), { state: 'new' })
})

scenario('R5.22: every patch gives a new timestamp, even if nothing changed', async (play) => {
  let last = (await put(play, { title: 'A' })).timestamp
  for (const data of [{}, { title: 'A' }, { title: 'B' }, { last_modified: last }, { last_modified: 1 }]) {
    const { timestamp, record } = await play.request('PATCH', path, { body: { data } })
    assert.ok(timestamp > last, JSON.stringify(data))
    assert.equal(record.last_modified, timestamp)
    last = timestamp
  }
  assert.equal((await play.request('GET', '/v1/articles')).timestamp, last)
})

scenario('R5.23: JSON merges shallowly, and null is stored as null', async (play) => {
  await put(play, { title: 'A', nested: { a: 1, b: 2 }, list: [1, 2], other: 1 })
  const answer = await play.request('PATCH', path, { body: { data: { nested: { c: 3 }, list: [], other: null } } })
  assert.deepEqual(ownFields(answer.record), { title: 'A', state: 'new', nested: { c: 3 }, list: [], other: null })
  assert.deepEqual((await play.request('GET', path)).record, answer.record)
})

scenario('R5.23: null is stored in a declared field whose type allows it', async ({ request }) => {
  const paper = `/v1/papers/${uuid(1)}`
  await request('PUT', paper, { body: { data: { name: 'A', note: 'n' } } })
  assert.deepEqual(ownFields((await request('PATCH', paper, { body: { data: { note: null } } })).record), { name: 'A', note: null })
})

scenario('R5.24: a merge patch merges objects recursively, removes with null and replaces lists', async (play) => {
  await put(play, { nested: { a: 1, b: { c: 2, d: 3 } }, list: [1, 2], gone: 1 })
  const data = { nested: { b: { c: null, e: { f: 5, g: null } } }, list: [3], gone: null, fresh: { a: { b: null } } }
  const answer = await play.request('PATCH', path, { body: { data }, headers: mergeType })
  assert.deepEqual(ownFields(answer.record), {
    state: 'new',
    nested: { a: 1, b: { d: 3, e: { f: 5 } } },
    list: [3],
    fresh: { a: {} },
  })
})

scenario('R5.24: nulls that are stored and not mentioned stay', async (play) => {
  await put(play, { empty: null, nested: { empty: null } })
  const answer = await play.request('PATCH', path, { body: { data: { nested: { a: 1 } } }, headers: mergeType })
  assert.deepEqual(ownFields(answer.record), { state: 'new', empty: null, nested: { empty: null, a: 1 } })
})

scenario('R5.24: an object merged onto a scalar, list or null replaces it, and the other way round', async (play) => {
  await put(play, { a: 1, b: 'text', c: [1], d: null, e: { x: 1 } })
  const data = { a: { x: 1 }, b: { x: { y: 1 } }, c: { 0: 2 }, d: { x: null }, e: 5 }
  const answer = await play.request('PATCH', path, { body: { data }, headers: mergeType })
  assert.equal(answer.status, 200)
  assert.deepEqual(ownFields(answer.record), { state: 'new', a: { x: 1 }, b: { x: { y: 1 } }, c: { 0: 2 }, d: {}, e: 5 })
})

scenario('R5.24: id and last_modified cannot be removed', async (play) => {
  const before = await put(play, { title: 'A' })
  const answer = await play.request('PATCH', path, { body: { data: { id: null, last_modified: null } }, headers: mergeType })
  assert.equal(answer.status, 200)
  assert.equal(answer.record.id, uuid(1))
  assert.ok(answer.timestamp > before.timestamp)
})

scenario('R0.5 R5.24: the media type of a patch is compared without case and parameters', async (play) => {
  await put(play, { nested: { a: 1 } })
  for (const type of [
    'Application/Merge-Patch+JSON',
    'application/merge-patch+json; charset=utf-8',
    'application/merge-patch+json;a="b;c"',
  ]) {
    const answer = await play.request('PATCH', path, { body: { data: { nested: { b: 2 } } }, headers: { 'content-type': type } })
    assert.deepEqual(answer.record.nested, { a: 1, b: 2 }, type)
  }
})

scenario('R5.23: a patch of one field loses no concurrent patch of another', async (play) => {
  await put(play, {})
  const names = Array.from({ length: 20 }, (_, index) => `f${index}`)
  await Promise.all(names.map((name) => play.request('PATCH', path, { body: { data: { [name]: true } } })))
  const { record } = await play.request('GET', path)
  assert.deepEqual(
    names.filter((name) => record[name] !== true),
    [],
  )
})
