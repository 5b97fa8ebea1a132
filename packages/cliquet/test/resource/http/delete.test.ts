import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Service, Type } from '../../../src/index.ts'
import { createHeldClock } from '../../../src/testing/index.ts'
import { openService, usableBackends } from '../../protocol/service-under-test.ts'
import { allPages, detailsOf, type Play, pathOf, places, scenarios, uuid, values } from './scenario.ts'

const schema = { rank: Type.Optional(Type.Integer()) }
const prepare = (service: Service): void => void service.resource('article', { schema })

const scenario = await scenarios({ prepare })
const path = `/v1/articles/${uuid(1)}`

async function fill({ request }: Pick<Play, 'request'>, count: number): Promise<void> {
  for (let index = 1; index <= count; index += 1) {
    await request('PUT', `/v1/articles/${uuid(index)}`, { body: { data: { rank: (index * 5) % 13, even: index % 2 === 0 } } })
  }
}

scenario('R5.29: DELETE of a record answers its tombstone, which has a new timestamp', async ({ request }) => {
  const created = await request('PUT', path, { body: { data: { rank: 1 } } })
  const answer = await request('DELETE', path)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, { data: { id: uuid(1), last_modified: answer.timestamp, deleted: true } })
  assert.ok(answer.timestamp > created.timestamp)
})

scenario('R5.29 R9.8: a deleted record is gone, and cannot be deleted again', async ({ request }) => {
  await request('PUT', path, { body: {} })
  const gone = await request('DELETE', path)
  for (const method of ['GET', 'DELETE']) {
    const answer = await request(method, path)
    assert.deepEqual([answer.status, answer.body.errno], [404, 110])
  }
  assert.equal((await request('GET', '/v1/articles')).headers.etag, gone.headers.etag)
})

scenario('R5.29: of many deletions of one record at once exactly one succeeds, the others are 404', async ({ request }) => {
  await request('PUT', path, { body: {} })
  const answers = await Promise.all(Array.from({ length: 10 }, () => request('DELETE', path)))
  const statuses = answers.map(({ status }) => status).toSorted()
  assert.deepEqual(statuses, [200, ...Array<number>(9).fill(404)])
})

scenario('R5.30: DELETE of a list answers the tombstones in the order of deletion, each with its own timestamp', async (play) => {
  await fill(play, 6)
  const answer = await play.request('DELETE', '/v1/articles?_sort=rank')
  assert.equal(answer.status, 200)
  assert.deepEqual(values(answer, 'id'), [3, 6, 1, 4, 2, 5].map(uuid))
  const timestamps = values(answer, 'last_modified').map(Number)
  assert.deepEqual(
    timestamps,
    [...new Set(timestamps)].toSorted((a, b) => a - b),
  )
  assert.equal(answer.timestamp, timestamps.at(-1))
  for (const record of answer.records) assert.deepEqual(Object.keys(record).toSorted(), ['deleted', 'id', 'last_modified'])
  assert.deepEqual((await play.request('GET', '/v1/articles')).records, [])
})

scenario('R5.30: filters and _limit choose what is deleted', async (play) => {
  await fill(play, 6)
  assert.deepEqual(values(await play.request('DELETE', '/v1/articles?even=true&_sort=-rank&_limit=2'), 'id'), [2, 4].map(uuid))
  assert.equal((await play.request('GET', '/v1/articles')).records.length, 4)
  assert.equal((await play.request('DELETE', `/v1/articles?id=${uuid(6)}`)).records.length, 1)
})

scenario('R5.30 R9.6: a DELETE of a list that deletes nothing leaves the timestamp alone', async (play) => {
  await fill(play, 1)
  const before = await play.request('GET', '/v1/articles')
  const answer = await play.request('DELETE', '/v1/articles?rank=99')
  assert.deepEqual([answer.status, answer.records, answer.headers.etag], [200, [], before.headers.etag])
  assert.equal((await play.request('GET', '/v1/articles')).headers.etag, before.headers.etag)
})

scenario('R5.30: a wrong filter deletes nothing', async (play) => {
  await fill(play, 2)
  for (const query of ['_limit=-1', '_limit=a', 'min_last_modified=a', '_since=x', '_token=abc', 'like_rank=1']) {
    assert.equal((await play.request('DELETE', `/v1/articles?${query}`)).status, 400, query)
  }
  assert.equal((await play.request('GET', '/v1/articles')).records.length, 2)
})

scenario('R7.15 R5.30: tombstones are never selected by a DELETE', async (play) => {
  await fill(play, 3)
  const gone = await play.request('DELETE', path)
  const answer = await play.request('DELETE', '/v1/articles?_since=0')
  assert.deepEqual(values(answer, 'id').toSorted(), [2, 3].map(uuid))
  const changes = await play.request('GET', '/v1/articles?_since=0')
  assert.equal(changes.records.find(({ id }) => id === uuid(1))?.last_modified, gone.timestamp)
})

scenario('R5.31: ?last_modified sets the timestamp of the tombstone if it is greater than the record’s', async ({ request }) => {
  for (const quote of ['', '"']) {
    const { timestamp } = await request('PUT', path, { body: {} })
    const chosen = timestamp + 1000
    const answer = await request('DELETE', `${path}?last_modified=${encodeURIComponent(`${quote}${chosen}${quote}`)}`)
    assert.deepEqual([answer.status, answer.record.last_modified, answer.timestamp], [200, chosen, chosen])
    assert.equal((await request('GET', '/v1/articles')).timestamp, chosen)
  }
})

scenario('R5.31: one that is not greater is ignored', async ({ request }) => {
  for (const back of [0, 1, 1_000_000]) {
    const { timestamp } = await request('PUT', path, { body: {} })
    const answer = await request('DELETE', `${path}?last_modified=${timestamp - back}`)
    assert.equal(answer.status, 200)
    assert.ok(answer.timestamp > timestamp)
  }
})

scenario('R5.31 R5.38: one beyond 2^53 − 1 is refused, and a negative one never used', async ({ request }) => {
  for (const text of ['9007199254740992', '99999999999999999999', '-5']) {
    const { timestamp } = await request('PUT', path, { body: {} })
    const answer = await request('DELETE', `${path}?last_modified=${text}`)
    if (text !== '-5') assert.equal(answer.status, 400, text)
    else if (answer.status !== 400) assert.ok(answer.timestamp > timestamp)
  }
})

scenario('R5.31: one that is no integer is refused', async ({ request }) => {
  await request('PUT', path, { body: {} })
  for (const text of ['abc', '1.5', '"abc"', '"12', 'true', '[1]', '12a']) {
    const answer = await request('DELETE', `${path}?last_modified=${encodeURIComponent(text)}`)
    assert.deepEqual([answer.status, places(answer)], [400, ['querystring last_modified']], text)
  }
  assert.equal((await request('GET', path)).status, 200)
})

scenario('R8.11 R8.6: a paged DELETE with a sort of its own deletes every record once', async (play) => {
  for (const sort of ['rank', '-rank', 'even,-rank', 'last_modified', '-last_modified']) {
    await fill(play, 7)
    const pages = await allPages(play.request, `/v1/articles?_sort=${sort}&_limit=3`, 'DELETE')
    assert.deepEqual(
      pages.map(({ records }) => records.length),
      [3, 3, 1],
      sort,
    )
    const ids = pages.flatMap((page) => values(page, 'id'))
    assert.deepEqual(ids.toSorted(), [1, 2, 3, 4, 5, 6, 7].map(uuid), sort)
    if (sort === 'rank') assert.deepEqual(ids, [3, 6, 1, 4, 7, 2, 5].map(uuid))
  }
  assert.deepEqual((await play.request('GET', '/v1/articles')).records, [])
})

scenario('R8.11: the pages of a DELETE keep the filters', async (play) => {
  await fill(play, 8)
  const pages = await allPages(play.request, '/v1/articles?even=true&_limit=3', 'DELETE')
  assert.deepEqual(
    pages.map(({ records }) => records.length),
    [3, 1],
  )
  assert.equal((await play.request('GET', '/v1/articles')).records.length, 4)
})

scenario('R8.10: the token of a DELETE can be used once, and a made up one never', async (play) => {
  await fill(play, 6)
  const next = pathOf((await play.request('DELETE', '/v1/articles?_limit=2')).headers['next-page'])
  assert.equal((await play.request('DELETE', next)).records.length, 2)
  const again = await play.request('DELETE', next)
  assert.equal(again.status, 400)
  assert.deepEqual([detailsOf(again)[0]?.location, detailsOf(again)[0]?.name], ['querystring', null])
  assert.equal(detailsOf(again)[0]?.description, '_token was already used or has expired.')
  assert.equal((await play.request('GET', '/v1/articles')).records.length, 2)
})

scenario('R8.10: of many DELETEs with one token exactly one deletes', async (play) => {
  await fill(play, 6)
  const next = pathOf((await play.request('DELETE', '/v1/articles?_limit=2')).headers['next-page'])
  const answers = await Promise.all(Array.from({ length: 8 }, () => play.request('DELETE', next)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})

for (const backend of usableBackends) {
  test(`R8.10: the token of a DELETE expires (${backend})`, async () => {
    const clock = createHeldClock()
    const settings = { pagination_token_validity_seconds: 1 }
    const { request } = await openService({ backend, prepare, clock, settings })
    // Redis forgets by its own clock.
    const pass = async (ms: number): Promise<void> => (backend === 'redis' ? await sleep(ms) : clock.advance(ms))
    await fill({ request }, 6)
    const first = pathOf((await request('DELETE', '/v1/articles?_limit=2')).headers['next-page'])
    await pass(100)
    const second = await request('DELETE', first)
    assert.equal(second.status, 200)
    await pass(1100)
    assert.equal((await request('DELETE', pathOf(second.headers['next-page']))).status, 400)
    assert.equal((await request('GET', '/v1/articles')).records.length, 2)
  })
}
