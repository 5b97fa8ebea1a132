import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { BackendError, HttpError, type Service, type Storage, Type } from '../../src/index.ts'
import { backends, type Play, permissionsOf, principalOf, scenarios, uuid } from '../resource/http/scenario.ts'
import { batch, only, partsOf, post, statuses } from './batch-exchange.ts'
import { openService, rollsBack, type Send, usableBackends } from './service-under-test.ts'

const prepare = (service: Service): void => {
  service.resource('article', {
    schema: { title: Type.String({ default: '' }), count: Type.Integer({ default: 0 }) },
    uniqueFields: ['title'],
    processRecord(next, { previous }) {
      if (next.title === 'broken') throw new TypeError('secret text')
      if (next.title === 'full') throw new HttpError(507, { message: 'Full.', errno: 42 })
      if (next.title === 'later') throw new HttpError(503, { headers: { 'retry-after': '7' } })
      return next.count < 0 ? { ...next, count: (previous?.count ?? 0) + 1 } : next
    },
  })
  service.resource('sheet', { schema: { count: Type.Integer({ default: 0 }) }, shared: true })
}
type Transaction = Parameters<Storage['within']>[0]
const settings = { sheet_create_principals: 'system.Authenticated', flush_endpoint_enabled: true }
const scenario = await scenarios({ prepare, settings })

const put = (id: number, title: string, more: Record<string, unknown> = {}) => ({
  method: 'PUT',
  path: `/articles/${uuid(id)}`,
  body: { data: { title } },
  ...more,
})
const titles = async (request: Send): Promise<unknown[]> =>
  (await request('GET', '/v1/articles?_sort=title')).records.map(({ title }) => title)

scenario('R11.11 R6.11: requests run in their order, each sees what those before it wrote', async ({ request }) => {
  const path = `/articles/${uuid(1)}`
  const patch = { method: 'PATCH', path, body: { data: { title: 'b' } } }
  const parts = await batch(request, [
    put(1, 'a'),
    { path },
    patch,
    { path: '/articles?title=b' },
    { method: 'DELETE', path },
    { path },
    { path: '/articles?_since=0' },
  ])
  assert.deepEqual(statuses(parts), [201, 200, 200, 200, 200, 404, 200])
  assert.deepEqual(parts[1]?.body, parts[0]?.body)
  const recordsOf = (index: number): readonly { title?: string; deleted?: boolean }[] => {
    const body: { readonly data?: unknown } = parts[index]?.body ?? {}
    return body.data as readonly { title?: string; deleted?: boolean }[] // asked of lists
  }
  assert.deepEqual(
    recordsOf(3).map(({ title }) => title),
    ['b'],
  )
  assert.deepEqual(
    recordsOf(6).map(({ deleted }) => deleted),
    [true],
  )
  const stamps = [0, 2, 4].map((index) => Number(parts[index]?.body.data?.last_modified))
  assert.ok(Number(stamps[0]) < Number(stamps[1]) && Number(stamps[1]) < Number(stamps[2]))
})

scenario('R6.11: preconditions are checked against what the requests before left', async ({ request }) => {
  const before = (await request('PUT', `/v1/articles/${uuid(1)}`, { body: { data: { title: 'a' } } })).headers.etag ?? ''
  const list = (await request('GET', '/v1/articles')).headers.etag ?? ''
  const parts = await batch(request, [
    put(1, 'b', { headers: { 'If-Match': before } }),
    put(1, 'c', { headers: { 'If-Match': before } }),
    { path: `/articles/${uuid(1)}`, headers: { 'If-None-Match': before } },
    put(2, 'd', { headers: { 'If-None-Match': '*' } }),
    put(2, 'e', { headers: { 'If-None-Match': '*' } }),
    { method: 'POST', path: '/articles', body: { data: { title: 'f' } }, headers: { 'If-Match': list } },
    { method: 'DELETE', path: `/articles/${uuid(2)}` },
    put(2, 'g', { headers: { 'If-None-Match': '*' } }),
  ])
  assert.deepEqual(statuses(parts), [200, 412, 200, 201, 412, 412, 200, 201])
  assert.deepEqual(await titles(request), ['b', 'g'])
  assert.equal((await request('GET', `/v1/articles/${uuid(2)}`)).headers.etag, parts[7]?.headers.etag)
})

scenario('R11.12: requests that fail with a 4xx stand alone, the others are committed', async ({ request, other }) => {
  const bob = `Basic ${Buffer.from(other('bob')).toString('base64')}`
  await request('PUT', `/v1/sheets/${uuid(1)}`, { body: { data: {} } })
  const parts = await batch(request, [
    put(1, 'a'),
    { ...put(2, 'x'), body: { data: { title: 7 } } },
    { ...put(2, 'x'), headers: { Authorization: '' } },
    { path: `/sheets/${uuid(1)}`, headers: { Authorization: bob } },
    { path: `/articles/${uuid(9)}` },
    { method: 'POST', path: `/articles/${uuid(1)}` },
    put(2, 'x', { headers: { Accept: 'text/plain' } }),
    put(1, 'x', { headers: { 'If-Match': '"1"' } }),
    put(2, 'x', { headers: { 'Content-Type': 'text/plain' } }),
    put(3, 'c'),
  ])
  assert.deepEqual(statuses(parts), [201, 400, 401, 403, 404, 405, 406, 412, 415, 201])
  assert.deepEqual(await titles(request), ['a', 'c'])
})

/** What a client can see of all that is stored. */
async function seen({ request }: Pick<Play, 'request'>): Promise<unknown> {
  const lists = ['/v1/articles?_since=0', '/v1/sheets'].map((path) => request('GET', path))
  return (await Promise.all(lists)).map(({ headers, records }) => [headers.etag, records])
}

for (const [title, status, errno] of [
  ['broken', 500, 999],
  ['full', 507, 42],
  ['later', 503, undefined],
] as const) {
  scenario(`R11.13: a ${status} in a request is the answer to the whole batch, of which nothing is written`, async (play) => {
    const { request, backend, word, service } = play
    await request('PUT', `/v1/articles/${uuid(1)}`, { body: { data: { title: 'first' } } })
    const before = await seen(play)
    const begun = mock.method(service.app.storage, 'begin')
    const requests = [put(1, 'changed'), put(2, 'new'), put(3, title), put(4, `not run ${word}`)]
    const answer = await post(request, { requests })
    begun.mock.restore()
    assert.equal(answer.status, status, answer.text)
    if (errno !== undefined) assert.equal(answer.body.errno, errno)
    assert.equal(answer.body.code, status)
    assert.doesNotMatch(answer.text, /secret|responses/)
    if (title === 'later') assert.equal(answer.headers['retry-after'], '7')
    assert.equal((await titles(request)).includes(`not run ${word}`), false)
    if (rollsBack(backend)) assert.deepEqual(await seen(play), before)
    assert.equal((await only(request, put(5, 'after'))).status, 201)
  })
}

scenario('R11.13: a HEAD that fails is the answer to the whole batch too', async ({ request, service }) => {
  const { storage } = service.app
  const original = storage.within.bind(storage)
  const fail = async () => {
    throw new BackendError('secret text')
  }
  const within = mock.method(storage, 'within', (transaction: Transaction) => ({
    ...original(transaction),
    get: fail,
    list: fail,
    count: fail,
    timestamp: fail,
  }))
  const requests = [{ path: '/articles', method: 'HEAD' }]
  const answer = await post(request, { requests }).finally(() => within.mock.restore())
  assert.deepEqual([answer.status, answer.body.errno], [503, 201])
  assert.doesNotMatch(answer.text, /secret/)
})

scenario('R11.14: a unique field that is taken is a 409 of its part, and nothing of the batch is written', async (play) => {
  const { request, backend } = play
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: { data: { title: 'taken' } } })
  const before = await seen(play)
  const parts = await batch(request, [
    put(1, 'taken'),
    put(2, 'earlier'),
    put(3, 'taken'),
    put(4, 'another'),
    { path: `/articles/${uuid(4)}` },
  ])
  assert.deepEqual(statuses(parts), [200, 201, 409, 201, 200])
  assert.equal(parts[2]?.body.errno, 122)
  if (rollsBack(backend)) assert.deepEqual(await seen(play), before)
})

scenario('R11.14: two requests of one batch that take the same value conflict as well', async (play) => {
  const { request, backend } = play
  const before = await seen(play)
  assert.deepEqual(statuses(await batch(request, [put(1, 'same'), put(2, 'same'), put(3, 'other')])), [201, 409, 201])
  if (rollsBack(backend)) assert.deepEqual(await seen(play), before)
})

scenario('R11.14 R5.42: a timestamp that is taken is a 409, and nothing of the batch is written', async (play) => {
  const { request, backend } = play
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: { data: { title: 'first', last_modified: 1_000_000 } } })
  const before = await seen(play)
  const stamped = (id: number, time: number) => ({ ...put(id, `t${id}`), body: { data: { title: `t${id}`, last_modified: time } } })
  const parts = await batch(request, [stamped(2, 2_000_000), stamped(3, 1_000_000), stamped(4, 3_000_000)])
  assert.deepEqual(statuses(parts), [201, 409, 201])
  assert.ok(parts[1]?.headers['retry-after'])
  if (rollsBack(backend)) assert.deepEqual(await seen(play), before)
})

scenario('R11.14 R9.7: what a batch took back leaves its names and timestamps free', async ({ request, backend }) => {
  if (!rollsBack(backend)) return
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: { data: { title: 'taken' } } })
  assert.deepEqual(statuses(await batch(request, [put(2, 'free'), put(3, 'taken')])), [201, 409])
  assert.equal((await request('GET', `/v1/articles/${uuid(2)}`)).status, 404)
  const answer = await request('PUT', `/v1/articles/${uuid(4)}`, { body: { data: { title: 'free' } } })
  assert.equal(answer.status, 201)
  const changes = await request('GET', '/v1/articles?_since=0')
  assert.equal(changes.records.length, 2)
  assert.equal(changes.timestamp, answer.record.last_modified)
})

scenario('R11.15: permissions are written and taken back with the records', async ({ request, backend, user, other }) => {
  const path = `/v1/sheets/${uuid(101 + 10 * backends.indexOf(backend))}`
  const bob = principalOf(other('bob'))
  await request('PUT', path, { body: { data: {} } })
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: { data: { title: 'taken' } } })
  const share = { method: 'PATCH', path, body: { permissions: { read: [bob] } } }
  const fresh = `/v1/sheets/${uuid(102 + 10 * backends.indexOf(backend))}`
  const create = { method: 'PUT', path: fresh, body: { permissions: { read: [bob] } } }
  const parts = await batch(request, [share, create, { path: fresh }, put(2, 'taken')])
  assert.deepEqual(statuses(parts), [200, 201, 200, 409])
  if (rollsBack(backend)) {
    assert.deepEqual(permissionsOf(await request('GET', path)), { write: [principalOf(user)] })
    assert.equal((await request('GET', path, { auth: other('bob') })).status, 403)
    assert.ok([403, 404].includes((await request('GET', fresh, { auth: other('bob') })).status))
  }
  assert.deepEqual(
    statuses(await batch(request, [share, create])).map((status) => status < 300),
    [true, true],
  )
  assert.equal((await request('GET', path, { auth: other('bob') })).status, 200)
  assert.equal((await request('GET', fresh, { auth: other('bob') })).status, 200)
})

scenario('R11.15: who is given access in a batch has it in the rest of that batch', async ({ request, backend, other }) => {
  const path = `/v1/sheets/${uuid(103 + 10 * backends.indexOf(backend))}`
  const asBob = { headers: { Authorization: `Basic ${Buffer.from(other('bob')).toString('base64')}` } }
  const share = { method: 'PATCH', path, body: { permissions: { read: [principalOf(other('bob'))] } } }
  const unshare = { method: 'PATCH', path, body: { permissions: { read: [] } } }
  const parts = await batch(request, [{ method: 'PUT', path }, { path, ...asBob }, share, { path, ...asBob }, unshare, { path, ...asBob }])
  assert.deepEqual(statuses(parts), [201, 403, 200, 200, 200, 403])
})

for (const backend of usableBackends) {
  test(`R11.15: without transaction_per_request each write commits by itself (${backend})`, async () => {
    const { request } = await openService({ prepare, backend, settings: { ...settings, transaction_per_request: false } })
    assert.deepEqual(statuses(await batch(request, [put(1, 'taken'), put(2, 'taken'), put(3, 'another')])), [201, 409, 201])
    assert.deepEqual(await titles(request), ['another', 'taken'])
    const answer = await post(request, { requests: [put(4, 'earlier'), put(5, 'broken'), put(6, 'not run')] })
    assert.equal(answer.status, 500)
    assert.deepEqual(await titles(request), ['another', 'earlier', 'taken'])
  })

  test(`R11.15 R3.18: a batch that cannot begin is a 503 (${backend})`, async () => {
    const { request, service } = await openService({ prepare, backend, settings })
    mock.method(service.app.storage, 'begin', async () => {
      throw new BackendError('no transaction')
    })
    const answer = await post(request, { requests: [put(1, 'a')] })
    assert.deepEqual([answer.status, answer.body.errno, answer.headers['retry-after'] !== undefined], [503, 201, true])
  })

  test(`R11.13: a commit that fails is the answer to the whole batch (${backend})`, async () => {
    const { request, service } = await openService({ prepare, backend, settings })
    const { storage } = service.app
    const begin = storage.begin.bind(storage)
    mock.method(storage, 'begin', async () => {
      const transaction = await begin()
      mock.method(transaction, 'commit', async () => {
        throw new BackendError('no disk')
      })
      return transaction
    })
    assert.equal((await post(request, { requests: [put(1, 'a')] })).status, 503)
    mock.restoreAll()
    if (rollsBack(backend)) assert.deepEqual(await titles(request), [])
    assert.equal((await post(request, { requests: [put(1, 'b')] })).status, 200)
    assert.deepEqual(await titles(request), ['b'])
  })
}

scenario('R11.11 R11.15: 5 batches at once over the same records lose nothing', async ({ request, backend }) => {
  const ids = [1, 2, 3, 4, 5]
  const counted = (id: number) => ({ method: 'PUT', path: `/articles/${uuid(id)}`, body: { data: { title: `n${id}`, count: -1 } } })
  const orders = ids.map((shift) => ids.map((_, index) => ids[(index + shift) % ids.length] ?? 1))
  const answers = await Promise.all(orders.map((order) => post(request, { requests: order.flatMap((id) => [counted(id), counted(id)]) })))
  for (const answer of answers) for (const { status } of partsOf(answer)) assert.ok(status === 200 || status === 201)
  const { records } = await request('GET', '/v1/articles?_sort=title')
  assert.deepEqual(
    records.map(({ count }) => count),
    ids.map(() => 10),
    backend,
  )
})

scenario('R11.15: batches and single writes at once all finish', async ({ request }) => {
  const single = (id: number) => request('PUT', `/v1/articles/${uuid(id)}`, { body: { data: { title: `n${id}`, count: -1 } } })
  const many = Array.from({ length: 10 }, (_, index) => [
    post(request, { requests: [1, 2, 3].map((id) => ({ ...put(id, `n${id}`), body: { data: { title: `n${id}`, count: -1 } } })) }),
    single(1),
    single(3),
    single(10 + index),
    request('GET', '/v1/articles'),
  ])
  const answers = await Promise.all(many.flat())
  for (const { status, text } of answers) assert.ok(status < 300, text)
  const counts = await Promise.all([1, 2, 3].map(async (id) => (await request('GET', `/v1/articles/${uuid(id)}`)).record.count))
  assert.deepEqual(counts, [20, 10, 20])
})

test('R11.16: what a batch did is told only after its commit', async () => {
  const { request, service } = await openService({ prepare, settings, backend: 'sqlite' })
  const { storage } = service.app
  const begin = storage.begin.bind(storage)
  // The first look at a collection fixes its timestamp, which is a write: it would wait for the end of the transaction.
  await titles(request)
  const order: string[] = []
  mock.method(storage, 'begin', async () => {
    const transaction = await begin()
    const commit = transaction.commit.bind(transaction)
    mock.method(transaction, 'commit', async () => {
      assert.deepEqual(await titles(request), [])
      await commit()
      order.push('committed')
    })
    return transaction
  })
  await post(request, { requests: [put(1, 'a'), put(2, 'b')] })
  order.push('answered')
  mock.restoreAll()
  assert.deepEqual(order, ['committed', 'answered'])
  assert.deepEqual(await titles(request), ['a', 'b'])
})

scenario('R11.15 R9.4: nobody sees a batch before it is whole, a polling client misses nothing', async ({ request, backend }) => {
  if (!rollsBack(backend)) return
  const writes = Array.from({ length: 12 }, (_, round) =>
    batch(request, [put(100 + round * 2, `a${round}`), { path: '/articles' }, { path: '/' }, put(101 + round * 2, `b${round}`)]),
  )
  let finished = false
  const done = Promise.all(writes).then(() => {
    finished = true
  })
  const found = new Set<unknown>()
  let since = 0
  for (let last = false; !last; ) {
    last = finished
    const { records, timestamp } = await request('GET', `/v1/articles?_since=${since}`)
    assert.equal(records.length % 2, 0)
    for (const { title } of records) found.add(title)
    since = timestamp
  }
  await done
  assert.equal(found.size, 24)
})

// Both write beside the batch's transaction. On SQLite they waited for its end, which waited for theirs: 503 after ten seconds.
scenario('R11.15 R2.5 R2.7: a heartbeat in a batch only reads, and flushing is refused there', async ({ request, word }) => {
  const requests = [put(1, word), { path: '/__heartbeat__' }, { method: 'POST', path: '/__flush__' }, { path: `/articles/${uuid(1)}` }]
  assert.deepEqual(statuses(await batch(request, requests)), [201, 200, 400, 200])
})

scenario('R8.10 R11.15: a list can be deleted page by page in a batch', async ({ request, word }) => {
  await post(request, { requests: [put(1, `${word}a`), put(2, `${word}b`)] })
  const first = await batch(request, [{ method: 'DELETE', path: '/articles?_limit=1' }])
  const next = first[0]?.headers['next-page'] ?? ''
  const second = await batch(request, [{ method: 'DELETE', path: next.slice(next.indexOf('/v1/')) }, { path: '/articles' }])
  assert.deepEqual(statuses(second), [200, 200])
  assert.deepEqual(second[1]?.body.data, [])
})
