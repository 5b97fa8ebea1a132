import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import { ownFields, permissionsOf, places, principalOf, scenarios, uuid } from './scenario.ts'

const schema = { title: Type.Optional(Type.String()), state: Type.String({ default: 'new' }) }

function prepare(service: Service): void {
  service
    .resource('article', { schema })
    .resource('guarded', { schema, processRecord: (next) => next })
    .resource('paper', { schema: { title: Type.String() } })
    .resource('sheet', { schema, shared: true })
}

const scenario = await scenarios({ prepare, settings: { sheet_create_principals: 'system.Authenticated' } })
const kinds = ['articles', 'guardeds', 'sheets']
const idOf = (word: string): string => uuid(Number(word.slice(1)) + 1000)

scenario('R5.17: PUT creates a record that is absent and replaces one that is there', async ({ request, word }) => {
  for (const kind of kinds) {
    const path = `/v1/${kind}/${idOf(word)}`
    const created = await request('PUT', path, { body: { data: { title: 'A', extra: 1 } } })
    assert.equal(created.status, 201)
    const replaced = await request('PUT', path, { body: { data: { title: 'B' } } })
    assert.equal(replaced.status, 200)
    assert.deepEqual(ownFields(replaced.record), { title: 'B', state: 'new' })
    assert.ok(replaced.timestamp > created.timestamp)
    assert.deepEqual((await request('GET', path)).record, replaced.record)
  }
})

scenario('R5.17 R9.8: PUT over a tombstone creates, and the tombstone disappears', async ({ request, word }) => {
  for (const kind of kinds) {
    const path = `/v1/${kind}/${idOf(word)}`
    await request('PUT', path, { body: { data: { title: 'A' } } })
    const gone = await request('DELETE', path)
    const again = await request('PUT', path, { body: { data: { title: 'B' } } })
    assert.equal(again.status, 201)
    assert.ok(again.timestamp > gone.timestamp)
    const changes = await request('GET', `/v1/${kind}?_since=0`)
    assert.deepEqual(
      changes.records.filter(({ id }) => id === idOf(word)),
      [again.record],
    )
  }
})

scenario('R5.18: without data the fields stay and the timestamp changes', async ({ request, word }) => {
  for (const kind of kinds) {
    const path = `/v1/${kind}/${idOf(word)}`
    const created = await request('PUT', path, { body: { data: { title: 'A', state: 'old' } } })
    for (const body of [undefined, {}]) {
      const kept = await request('PUT', path, { body })
      assert.equal(kept.status, 200)
      assert.deepEqual(ownFields(kept.record), { title: 'A', state: 'old' })
      assert.ok(kept.timestamp > created.timestamp)
    }
  }
})

scenario('R5.18: permissions alone can be put', async ({ request, word, user }) => {
  const path = `/v1/sheets/${idOf(word)}`
  await request('PUT', path, { body: { data: { title: 'A' } } })
  const answer = await request('PUT', path, { body: { permissions: { read: ['system.Everyone'] } } })
  assert.deepEqual([answer.status, answer.record.title], [200, 'A'])
  assert.deepEqual(permissionsOf(answer), { read: ['system.Everyone'], write: [principalOf(user)] })
})

scenario('R5.18: where a field is required data is mandatory on replacing too', async ({ request }) => {
  const path = `/v1/papers/${uuid(1)}`
  await request('PUT', path, { body: { data: { title: 'A' } } })
  const answer = await request('PUT', path, { body: {} })
  assert.deepEqual([answer.status, places(answer)], [400, ['body data']])
  assert.equal((await request('GET', path)).record.title, 'A')
})

scenario('R5.19: fields that data leaves out vanish, and defaults apply again', async ({ request, word }) => {
  for (const kind of kinds) {
    const path = `/v1/${kind}/${idOf(word)}`
    await request('PUT', path, { body: { data: { title: 'A', state: 'old', extra: { a: 1 } } } })
    const replaced = await request('PUT', path, { body: { data: {} } })
    assert.deepEqual(ownFields(replaced.record), { state: 'new' })
  }
})

scenario('R5.17 R9.2: a record put again without a change gets a new timestamp', async ({ request, word }) => {
  for (const kind of kinds) {
    const path = `/v1/${kind}/${idOf(word)}`
    const timestamps: number[] = []
    for (let index = 0; index < 5; index += 1) timestamps.push((await request('PUT', path, { body: { data: { title: 'A' } } })).timestamp)
    assert.deepEqual(
      timestamps,
      [...new Set(timestamps)].toSorted((a, b) => a - b),
    )
  }
})

scenario('R5.17: a record can be put back as it was read, its timestamp included', async ({ request }) => {
  const path = `/v1/articles/${uuid(1)}`
  const created = await request('PUT', path, { body: { data: { title: 'A' } } })
  const again = await request('PUT', path, { body: { data: created.record } })
  assert.equal(again.status, 200)
  assert.ok(again.timestamp > created.timestamp)
})
