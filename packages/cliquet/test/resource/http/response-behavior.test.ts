import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import { places, scenarios, uuid } from './scenario.ts'

function prepare(service: Service): void {
  const processRecord = <R extends object>(next: R): R => ({ ...next, stamp: 'by the hook' })
  service
    .resource('article', { schema: { title: Type.Optional(Type.String()), state: Type.String({ default: 'new' }) } })
    .resource('sheet', { schema: { title: Type.Optional(Type.String()) }, shared: true, processRecord })
}

const scenario = await scenarios({ prepare, settings: { sheet_create_principals: 'system.Authenticated' } })
const path = `/v1/articles/${uuid(1)}`

scenario('R5.28: full is the default, and any other word is refused', async ({ request }) => {
  await request('PUT', path, { body: { data: { title: 'A' } } })
  for (const headers of [{}, { 'Response-Behavior': 'full' }]) {
    const answer = await request('PATCH', path, { body: { data: { title: 'B' } }, headers })
    assert.deepEqual(Object.keys(answer.record).toSorted(), ['id', 'last_modified', 'state', 'title'])
  }
  for (const word of ['Light', 'DIFF', 'none', 'light,diff']) {
    const answer = await request('PATCH', path, { body: { data: { title: 'C' } }, headers: { 'Response-Behavior': word } })
    assert.deepEqual([answer.status, places(answer)], [400, ['header Response-Behavior']], word)
  }
  assert.equal((await request('GET', path)).record.title, 'B')
})

scenario('R5.28: light answers the fields that were named and have changed', async ({ request }) => {
  await request('PUT', path, { body: { data: { title: 'A', same: 1, other: 1 } } })
  const answer = await request('PATCH', path, { body: { data: { title: 'B', same: 1 } }, headers: { 'Response-Behavior': 'light' } })
  assert.deepEqual([answer.status, answer.body], [200, { data: { title: 'B' } }])
  assert.equal((await request('GET', path)).headers.etag, answer.headers.etag)
})

scenario('R5.28: diff answers those whose stored value is not the one that was sent', async ({ request, word }) => {
  const sheet = `/v1/sheets/${uuid(Number(word.slice(1)) + 1000)}`
  await request('PUT', sheet, { body: { data: { title: 'A' } } })
  await request('PATCH', sheet, { body: { data: { stamp: 'x' } } })
  const headers = { 'Response-Behavior': 'diff' }
  const answer = await request('PATCH', sheet, { body: { data: { title: 'B', last_modified: 1 } }, headers })
  assert.deepEqual(answer.body, { data: { last_modified: answer.timestamp } })
})

scenario('R5.28: removed fields are left out, and permissions are absent', async ({ request, word }) => {
  const sheet = `/v1/sheets/${uuid(Number(word.slice(1)) + 1000)}`
  for (const [behavior, data] of [
    ['light', { b: 2 }],
    ['diff', {}],
  ] as const) {
    await request('PUT', sheet, { body: { data: { title: 'A', a: 1 } } })
    const headers = { 'Response-Behavior': behavior, 'content-type': 'application/merge-patch+json' }
    const answer = await request('PATCH', sheet, { body: { data: { a: null, b: 2 }, permissions: { read: ['x'] } }, headers })
    assert.deepEqual([answer.status, answer.body], [200, { data }])
  }
})

scenario('R5.28: with JSON Patch all fields of the patched record count as named', async ({ request }) => {
  await request('PUT', path, { body: { data: { title: 'A', other: 1 } } })
  const headers = { 'Response-Behavior': 'light', 'content-type': 'application/json-patch+json' }
  const answer = await request('PATCH', path, { body: [{ op: 'replace', path: '/data/title', value: 'B' }], headers })
  assert.deepEqual(answer.body, { data: { title: 'B', last_modified: answer.timestamp } })
})
