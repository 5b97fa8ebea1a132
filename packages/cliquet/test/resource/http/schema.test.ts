import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import { detailsOf, ownFields, places, scenarios, uuid } from './scenario.ts'

function prepare(service: Service): void {
  service
    .resource('mushroom', {
      schema: { name: Type.String(), size: Type.Optional(Type.Number()), edible: Type.Optional(Type.Boolean()) },
    })
    .resource('strict', { schema: { name: Type.Optional(Type.String()), rank: Type.Optional(Type.Integer()) }, preserveUnknown: false })
    .resource('typed', {
      preserveUnknown: false,
      schema: {
        url: Type.Optional(Type.URL()),
        added: Type.Timestamp({ auto: true }),
        tags: Type.Array(Type.String(), { default: [] }),
        size: Type.Optional(Type.Object({ width: Type.Integer(), height: Type.Integer({ default: 1 }) })),
        anything: Type.Optional(Type.Any()),
        float: Type.Optional(Type.Number()),
        count: Type.Optional(Type.Integer()),
        flag: Type.Optional(Type.Boolean()),
        note: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      },
    })
    .resource('device', {
      schema: { name: Type.Optional(Type.String()), serial: Type.Optional(Type.String()), parts: Type.Optional(Type.Array(Type.Any())) },
      readonlyFields: ['serial', 'parts'],
    })
    .resource('label', {
      schema: { text: Type.String({ default: 'none' }), code: Type.String({ default: 'c0' }) },
      readonlyFields: ['code'],
      preserveUnknown: false,
    })
}

const scenario = await scenarios({ prepare })
const device = `/v1/devices/${uuid(1)}`

scenario('R5.32: unknown fields are kept unless the resource says otherwise', async ({ request }) => {
  const kept = await request('POST', '/v1/mushrooms', { body: { data: { name: 'a', other: { b: [1] } } } })
  assert.deepEqual(ownFields(kept.record), { name: 'a', other: { b: [1] } })
})

scenario('R5.32: where they are not kept they are dropped silently, and unknown in filters, sort and _fields', async ({ request }) => {
  const sent = { data: { name: 'a', other: 1 } }
  const posted = await request('POST', '/v1/stricts', { body: sent })
  const put = await request('PUT', `/v1/stricts/${uuid(1)}`, { body: sent })
  for (const { record } of [posted, put]) assert.deepEqual(ownFields(record), { name: 'a' })
  for (const query of [
    'other=1',
    'gt_other=1',
    'other.deep=1',
    '_sort=other',
    '_sort=-other.deep',
    '_fields=other',
    '_fields=name,other',
  ]) {
    assert.equal((await request('GET', `/v1/stricts?${query}`)).status, 400, query)
  }
  for (const query of ['name=a', 'name.deep=1', '_sort=-rank,name', '_fields=rank', 'id=%22a%22', 'deleted=true', '_sort=id,deleted']) {
    assert.equal((await request('GET', `/v1/stricts?${query}`)).status, 200, query)
  }
  assert.equal((await request('GET', `/v1/stricts/${uuid(1)}?_fields=other`)).status, 400)
})

scenario('R5.33: a required field is required, one with a default gets it, one without stays absent', async ({ request }) => {
  const missing = await request('POST', '/v1/mushrooms', { body: { data: { size: 1 } } })
  assert.deepEqual([missing.status, places(missing), detailsOf(missing)[0]?.description], [400, ['body data.name'], 'Required'])
  assert.equal(missing.body.message, 'data.name in body: Required')
  const answer = await request('POST', '/v1/labels', { body: { data: {} } })
  assert.deepEqual(ownFields(answer.record), { text: 'none', code: 'c0' })
  assert.deepEqual(ownFields((await request('POST', '/v1/mushrooms', { body: { data: { name: 'a' } } })).record), { name: 'a' })
})

scenario('R5.33: null for a declared field counts as absent on POST and PUT', async ({ request }) => {
  const data = { name: null }
  for (const [method, path] of [
    ['POST', '/v1/mushrooms'],
    ['PUT', `/v1/mushrooms/${uuid(1)}`],
  ] as const) {
    assert.deepEqual(places(await request(method, path, { body: { data } })), ['body data.name'])
  }
  const answer = await request('POST', '/v1/mushrooms', { body: { data: { name: 'a', size: null, other: null } } })
  assert.deepEqual(ownFields(answer.record), { name: 'a', other: null })
  assert.deepEqual(ownFields((await request('POST', '/v1/labels', { body: { data: { text: null } } })).record), {
    text: 'none',
    code: 'c0',
  })
})

scenario('R5.34: each type takes its own values, and other ones are faults at their place', async ({ request }) => {
  for (const [field, good, bad] of [
    ['url', ['https://example.com/a?b#c'], ['', 'no url', 1, `https://example.com/${'a'.repeat(2048)}`]],
    ['added', [0, 1_700_000_000_000], ['now', -1, 1.5]],
    ['tags', [[], ['a', 'b']], ['a', {}]],
    ['float', [1.5, -2, 0], ['a', true, []]],
    ['count', [3, -3], [1.5, 'a', true]],
    ['flag', [true, false], ['yes', {}]],
    ['anything', [1, 'a', [], { a: null }, true], []],
    ['note', ['a', null], [1]],
  ] as const) {
    for (const value of good) {
      const { status, record } = await request('POST', '/v1/typeds', { body: { data: { [field]: value } } })
      assert.deepEqual([status, record[field]], [201, value], `${field} ${JSON.stringify(value)}`)
    }
    for (const value of bad) {
      const answer = await request('POST', '/v1/typeds', { body: { data: { [field]: value } } })
      assert.deepEqual([answer.status, places(answer)], [400, [`body data.${field}`]], `${field} ${JSON.stringify(value).slice(0, 40)}`)
    }
  }
})

scenario('R5.34: URLs are trimmed, timestamps are now if they are told to, and defaults reach into objects', async ({ request }) => {
  const before = Date.now()
  const { record } = await request('POST', '/v1/typeds', { body: { data: { url: '  https://example.com/ \n', size: { width: 2 } } } })
  assert.equal(record.url, 'https://example.com/')
  assert.ok(Number(record.added) >= before && Number(record.added) <= Date.now())
  assert.deepEqual([record.size, record.tags], [{ width: 2, height: 1 }, []])
  const nested = await request('POST', '/v1/typeds', { body: { data: { size: { width: 'a' }, tags: ['a', 2] } } })
  assert.deepEqual(places(nested), ['body data.size.width', 'body data.tags.1'])
})

scenario('R3.8: all faults of headers and body are told together', async ({ request }) => {
  const body = { data: { size: 'big', edible: 'maybe' }, extra: 1 }
  const answer = await request('POST', '/v1/mushrooms', { body, headers: { 'if-match': 'wrong' } })
  assert.deepEqual(places(answer), ['body ', 'header If-Match', 'body data.edible', 'body data.name', 'body data.size'])
  const headers = { 'if-match': 'wrong', 'response-behavior': 'wrong' }
  const patched = await request('PATCH', `/v1/mushrooms/${uuid(1)}`, { body: { extra: 1 }, headers })
  assert.deepEqual(places(patched), ['body ', 'header If-Match', 'header Response-Behavior'])
})

scenario('R5.35: a read-only field may be set at creation, or while it is still absent', async ({ request }) => {
  assert.equal((await request('PUT', device, { body: { data: { serial: 'A' } } })).status, 201)
  const other = `/v1/devices/${uuid(2)}`
  for (const [method, data] of [
    ['PUT', { serial: 'B' }],
    ['PATCH', { serial: 'C' }],
  ] as const) {
    await request('DELETE', other)
    await request('PUT', other, { body: { data: { name: 'n' } } })
    const answer = await request(method, other, { body: { data } })
    assert.deepEqual([answer.status, answer.record.serial], [200, data.serial], method)
  }
})

scenario('R5.35: a PATCH with a different value is refused, with the same one it is fine', async ({ request }) => {
  await request('PUT', device, { body: { data: { serial: 'A', parts: [{ a: 1, b: [2] }] } } })
  const mergeType = { 'content-type': 'application/merge-patch+json' }
  const jsonType = { 'content-type': 'application/json-patch+json' }
  for (const [body, headers, field] of [
    [{ data: { serial: 'B' } }, {}, 'serial'],
    [{ data: { serial: 1 } }, {}, 'serial'],
    [{ data: { parts: [{ a: 1 }] } }, mergeType, 'parts'],
    [[{ op: 'replace', path: '/data/serial', value: 'B' }], jsonType, 'serial'],
    [[{ op: 'add', path: '/data/parts/-', value: 1 }], jsonType, 'parts'],
  ] as const) {
    const answer = await request('PATCH', device, { body, headers })
    assert.deepEqual([answer.status, places(answer)], [400, [`body ${field}`]], JSON.stringify(body))
  }
  const refused = await request('PATCH', device, { body: { data: { serial: 'B' } } })
  assert.equal(refused.body.message, 'Cannot modify serial')
  const same = await request('PATCH', device, { body: { data: { serial: 'A', parts: [{ b: [2], a: 1 }], name: 'n' } } })
  assert.deepEqual([same.status, same.record.name], [200, 'n'])
})

scenario('R5.35: a PATCH that removes a read-only field changes nothing of it', async ({ request }) => {
  await request('PUT', device, { body: { data: { serial: 'A' } } })
  const headers = { 'content-type': 'application/merge-patch+json' }
  const answer = await request('PATCH', device, { body: { data: { serial: null } }, headers })
  if (answer.status !== 200) assert.deepEqual([answer.status, places(answer)], [400, ['body serial']])
  assert.equal((await request('GET', device)).record.serial, 'A')
})

scenario('R5.35: a PUT with a different value is refused, and one that leaves the field out keeps it', async ({ request }) => {
  await request('PUT', device, { body: { data: { serial: 'A', name: 'n' } } })
  const refused = await request('PUT', device, { body: { data: { serial: 'B' } } })
  assert.deepEqual([refused.status, places(refused), refused.body.message], [400, ['body serial'], 'Cannot modify serial'])
  for (const data of [{}, { serial: null }, { serial: 'A' }]) {
    const kept = await request('PUT', device, { body: { data } })
    assert.deepEqual([kept.status, ownFields(kept.record)], [200, { serial: 'A' }], JSON.stringify(data))
  }
})

scenario('R5.35: a default of a read-only field does not overwrite the stored value', async ({ request }) => {
  const label = `/v1/labels/${uuid(1)}`
  await request('PUT', label, { body: { data: { code: 'c7' } } })
  const answer = await request('PUT', label, { body: { data: { text: 'a' } } })
  assert.deepEqual([answer.status, ownFields(answer.record)], [200, { text: 'a', code: 'c7' }])
})

scenario('R5.35: a deleted record’s read-only fields are free again', async ({ request }) => {
  await request('PUT', device, { body: { data: { serial: 'A' } } })
  await request('DELETE', device)
  assert.equal((await request('PUT', device, { body: { data: { serial: 'B' } } })).status, 201)
})

scenario('R5.36: deleted cannot be set by a client, in any way', async ({ request }) => {
  const path = `/v1/mushrooms/${uuid(1)}`
  const jsonType = { 'content-type': 'application/json-patch+json' }
  const mergeType = { 'content-type': 'application/merge-patch+json' }
  const data = { name: 'a', deleted: true }
  const answers = [
    await request('POST', '/v1/mushrooms', { body: { data } }),
    await request('PUT', path, { body: { data } }),
    await request('PUT', path, { body: { data } }),
    await request('PATCH', path, { body: { data } }),
    await request('PATCH', path, { body: { data }, headers: mergeType }),
    await request('PATCH', path, { body: [{ op: 'add', path: '/data/deleted', value: true }], headers: jsonType }),
    await request('GET', path),
  ]
  for (const { status, record } of answers) assert.deepEqual([status < 300, 'deleted' in record], [true, false])
  assert.equal((await request('HEAD', '/v1/mushrooms')).headers['total-records'], '2')
  assert.equal((await request('GET', '/v1/mushrooms?_since=0&not_deleted=true')).records.length, 2)
  const nested = await request('PUT', path, { body: { data: { name: 'a', x: { deleted: true } } } })
  assert.deepEqual(nested.record.x, { deleted: true })
})

scenario('R5.36: keys with a meaning in JavaScript are fields like any other, and never reach beyond their record', async ({ request }) => {
  const text = '{"data": {"name": "a", "__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "toString": "t"}}'
  const posted = await request('POST', '/v1/mushrooms', { body: text, headers: { 'content-type': 'application/json' } })
  if (posted.status !== 400) {
    assert.equal(posted.status, 201)
    assert.equal(posted.record.toString, 't')
  }
  assert.equal((await request('POST', '/v1/mushrooms', { body: { data: { name: 'b' } } })).record.polluted, undefined)
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})
