import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import type { Received } from '../../protocol/service-under-test.ts'
import { permissionsOf, principalOf, scenarios, uuid } from './scenario.ts'

const schema = { count: Type.Integer({ default: 0 }) }

function prepare(service: Service): void {
  service
    .resource('article', { schema })
    .resource('counter', { schema, processRecord: (next, { previous }) => ({ ...next, count: (previous?.count ?? 0) + 1 }) })
    .resource('slow', {
      schema,
      async processRecord(next, { previous }) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        return { ...next, count: (previous?.count ?? 0) + 1 }
      },
    })
    .resource('sheet', { schema, shared: true })
}

const scenario = await scenarios({ prepare, settings: { sheet_create_principals: 'system.Authenticated' } })
const idOf = (word: string): string => uuid(Number(word.slice(1)) + 1000)
const kinds = ['articles', 'counters', 'sheets']

const many = (count: number, send: (index: number) => Promise<Received>) =>
  Promise.all(Array.from({ length: count }, (_, index) => send(index)))

function tally(answers: readonly Received[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

for (const method of ['PUT', 'PATCH', 'DELETE']) {
  scenario(`R6.10: of 50 ${method}s with one If-Match exactly one succeeds`, async ({ request, word }) => {
    for (const kind of kinds) {
      const path = `/v1/${kind}/${idOf(word)}`
      const { headers } = await request('PUT', path, { body: {} })
      const sent = { headers: { 'if-match': headers.etag } }
      const answers = await many(50, (index) => request(method, path, method === 'DELETE' ? sent : { ...sent, body: { data: { index } } }))
      const failed = method === 'DELETE' ? [404, 412, ...(kind === 'sheets' ? [403] : [])] : [412]
      assert.equal(tally(answers)[200], 1, kind)
      assert.ok(answers.every(({ status }) => status === 200 || failed.includes(status)))
      const winner = answers.find(({ status }) => status === 200)
      if (method !== 'DELETE') assert.deepEqual((await request('GET', path)).record, winner?.record)
    }
  })
}

scenario('R6.10: of 50 PUTs with If-None-Match: * exactly one creates', async ({ request, word }) => {
  for (const kind of kinds) {
    const path = `/v1/${kind}/${idOf(word)}`
    const answers = await many(50, (index) => request('PUT', path, { headers: { 'if-none-match': '*' }, body: { data: { index } } }))
    assert.deepEqual(tally(answers), { 201: 1, 412: 49 }, kind)
    assert.deepEqual((await request('GET', path)).record, answers.find(({ status }) => status === 201)?.record)
  }
})

scenario('R6.10: of 50 POSTs with one id and If-None-Match: * exactly one creates', async ({ request, word }) => {
  for (const kind of kinds) {
    const body = { data: { id: idOf(word) } }
    assert.deepEqual(tally(await many(50, () => request('POST', `/v1/${kind}`, { headers: { 'if-none-match': '*' }, body }))), {
      201: 1,
      412: 49,
    })
  }
})

scenario('R6.10: of 20 DELETEs of a list with one If-Match exactly one deletes', async ({ request }) => {
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: {} })
  const { headers } = await request('GET', '/v1/articles')
  const answers = await many(20, () => request('DELETE', '/v1/articles', { headers: { 'if-match': headers.etag } }))
  assert.deepEqual(tally(answers), { 200: 1, 412: 19 })
})

scenario('R6.10 R5.37: 50 PUTs without a condition lose no count of a hook', async ({ request, word }) => {
  for (const kind of ['counters', 'slows']) {
    const path = `/v1/${kind}/${idOf(word)}`
    const answers = await many(50, () => request('PUT', path, { body: { data: {} } }))
    assert.deepEqual(tally(answers), { 200: 49, 201: 1 }, kind)
    assert.equal((await request('GET', path)).record.count, 50)
    assert.deepEqual(new Set(answers.map(({ record }) => record.count)).size, 50)
  }
})

scenario('R6.10: clients that count by If-Match and try again lose nothing', async ({ request, word }) => {
  const path = `/v1/articles/${idOf(word)}`
  await request('PUT', path, { body: { data: { count: 0 } } })
  const increase = async (): Promise<Received> => {
    for (;;) {
      const { record, headers } = await request('GET', path)
      const next = { data: { count: Number(record.count) + 1 } }
      const answer = await request('PATCH', path, { headers: { 'if-match': headers.etag }, body: next })
      if (answer.status !== 412) return answer
    }
  }
  await many(20, increase)
  assert.equal((await request('GET', path)).record.count, 20)
})

scenario('R6.10 R9.1: writes of many kinds at once are answered without an error of the server', async ({ request, word }) => {
  for (const kind of kinds) {
    const path = `/v1/${kind}/${idOf(word)}`
    const sends = [
      () => request('PUT', path, { body: { data: {} } }),
      () => request('PATCH', path, { body: { data: { count: 7 } } }),
      () => request('DELETE', path),
      () => request('POST', `/v1/${kind}`, { body: { data: { id: idOf(word) } } }),
      () => request('GET', path),
      () => request('DELETE', `/v1/${kind}?id=${idOf(word)}`),
    ]
    const answers = await many(90, (index) => (sends[index % sends.length] ?? sends[0] ?? (() => request('GET', path)))())
    for (const { status, body } of answers) assert.ok(status < 500, JSON.stringify(body))
    const unexpected = answers.filter(({ status }) => ![200, 201, 404, 403, 409].includes(status))
    assert.deepEqual(tally(unexpected), {})
  }
})

scenario('R10.17: concurrent changes of permissions lose none, and the last word on the data is that of the timestamp', async (play) => {
  const { request, word, user, other } = play
  const path = `/v1/sheets/${idOf(word)}`
  await request('PUT', path, { body: { data: {} } })
  const headers = { 'content-type': 'application/json-patch+json' }
  const answers = await many(30, (index) => request('PATCH', path, { headers, body: [{ op: 'add', path: `/permissions/read/p${index}` }] }))
  assert.deepEqual(tally(answers), { 200: 30 })
  const { read, write } = permissionsOf(await request('GET', path))
  assert.equal(read?.length, 30)
  assert.deepEqual(write, [principalOf(user)])
  assert.equal((await request('GET', path, { auth: other('bob') })).status, 403)
})
