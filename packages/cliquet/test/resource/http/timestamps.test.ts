import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Service, Type } from '../../../src/index.ts'
import { createHeldClock } from '../../../src/testing/index.ts'
import { openService, temporaryFolder, usableBackends } from '../../protocol/service-under-test.ts'
import { type Play, places, scenarios, uuid } from './scenario.ts'

const prepare = (service: Service): void => void service.resource('article', { schema: { title: Type.Optional(Type.String()) } })
const scenario = await scenarios({ prepare })

const path = (number: number): string => `/v1/articles/${uuid(number)}`
const put = ({ request }: Pick<Play, 'request'>, number: number, data: object = {}) => request('PUT', path(number), { body: { data } })
const current = async ({ request }: Pick<Play, 'request'>): Promise<number> => (await request('GET', '/v1/articles')).timestamp

scenario('R5.38: a last_modified that is no integer, or negative, is dropped', async (play) => {
  for (const value of ['1', '"1"', 1.5, true, false, null, [], {}, -1, -1_000_000]) {
    const before = Date.now()
    const answer = await put(play, 1, { last_modified: value })
    assert.ok(answer.status < 300, JSON.stringify(value))
    assert.ok(Number(answer.record.last_modified) >= before)
    assert.equal(answer.headers.etag, `"${answer.record.last_modified}"`)
    const patched = await play.request('PATCH', path(1), { body: { data: { last_modified: value } } })
    assert.ok(patched.timestamp > answer.timestamp)
    const posted = await play.request('POST', '/v1/articles', { body: { data: { last_modified: value } } })
    assert.ok(posted.timestamp > patched.timestamp)
  }
})

scenario('R5.38: one beyond 2^53 − 1 is refused', async (play) => {
  for (const text of ['9007199254740992', '1e20', '99999999999999999999']) {
    const sent = { body: `{"data": {"last_modified": ${text}}}`, headers: { 'content-type': 'application/json' } }
    for (const [method, url] of [
      ['POST', '/v1/articles'],
      ['PUT', path(1)],
    ] as const) {
      const answer = await play.request(method, url, sent)
      assert.deepEqual([answer.status, places(answer)], [400, ['body data.last_modified']], text)
    }
  }
  assert.equal((await play.request('GET', '/v1/articles')).records.length, 0)
})

scenario('R5.39: on an existing record one that is not greater than the stored is dropped', async (play) => {
  for (const method of ['PUT', 'PATCH']) {
    for (const back of [0, 1, 1_000_000]) {
      const { timestamp } = await put(play, 1)
      const answer = await play.request(method, path(1), { body: { data: { last_modified: timestamp - back } } })
      assert.equal(answer.status, 200)
      assert.ok(answer.timestamp > timestamp)
      assert.equal(await current(play), answer.timestamp)
    }
  }
})

scenario('R5.40: one greater than the collection’s is used and becomes the collection’s', async (play) => {
  const ahead = (await current(play)) + 10_000
  for (const [index, send] of [
    (chosen: number) => put(play, 1, { last_modified: chosen }),
    (chosen: number) => put(play, 1, { last_modified: chosen }),
    (chosen: number) => play.request('PATCH', path(1), { body: { data: { last_modified: chosen } } }),
    (chosen: number) => play.request('POST', '/v1/articles', { body: { data: { last_modified: chosen } } }),
  ].entries()) {
    const chosen = ahead + index
    const answer = await send(chosen)
    assert.deepEqual([answer.record.last_modified, answer.timestamp, await current(play)], [chosen, chosen, chosen])
  }
})

scenario('R5.40: one equal to the collection’s is replaced by a new one', async (play) => {
  await put(play, 1)
  const equal = await current(play)
  const answer = await put(play, 2, { last_modified: equal })
  assert.equal(answer.status, 201)
  assert.ok(answer.timestamp > equal)
  assert.equal(await current(play), answer.timestamp)
})

scenario('R5.40 R5.41: one in the past is used and leaves the collection’s alone, so that _since does not see it', async (play) => {
  await put(play, 1)
  const before = await current(play)
  const answer = await put(play, 2, { last_modified: 1_400_000_000_000 })
  assert.deepEqual([answer.status, answer.timestamp], [201, 1_400_000_000_000])
  assert.equal(await current(play), before)
  assert.deepEqual((await play.request('GET', `/v1/articles?_since=${before}`)).records, [])
  assert.equal((await play.request('GET', '/v1/articles?_since=0')).records.length, 2)
  const zero = await put(play, 3, { last_modified: 0 })
  assert.equal(zero.record.last_modified, 0)
})

scenario('R5.40 R6.1: in a collection never used the request has fixed the timestamp at now, so the past is the past', async (play) => {
  const before = Date.now()
  const answer = await put(play, 1, { last_modified: 1_400_000_000_000 })
  assert.equal(answer.timestamp, 1_400_000_000_000)
  const fixed = await current(play)
  assert.ok(fixed >= before && fixed <= Date.now())
})

scenario('R5.42: a chosen timestamp that another record or tombstone has is a conflict', async (play) => {
  await put(play, 1, { last_modified: 1_400_000_000_000 })
  const tomb = await play.request('DELETE', path(1))
  await put(play, 2, { last_modified: 1_400_000_000_001 })
  await put(play, 3)
  for (const taken of [tomb.timestamp, 1_400_000_000_001]) {
    for (const [method, url, body] of [
      ['PUT', path(4), { data: { last_modified: taken } }],
      ['POST', '/v1/articles', { data: { last_modified: taken } }],
    ] as const) {
      const answer = await play.request(method, url, { body })
      assert.deepEqual([answer.status, answer.body.errno], [409, 122], `${method} ${taken}`)
      assert.equal(answer.body.message, 'Integrity constraint violated, please retry.')
      assert.equal(answer.headers['retry-after'], '30')
    }
  }
  assert.equal((await play.request('GET', path(4))).status, 404)
  assert.equal((await play.request('GET', '/v1/articles')).records.length, 2)
})

scenario('R5.42 R5.31: a tombstone cannot take a timestamp that is in use', async (play) => {
  await put(play, 1)
  const second = await put(play, 2)
  const answer = await play.request('DELETE', `${path(1)}?last_modified=${second.timestamp}`)
  if (answer.status !== 409) {
    assert.equal(answer.status, 200)
    assert.ok(answer.timestamp > second.timestamp)
  }
})

scenario('R5.43 R9.3: a timestamp far in the future drags the collection there for good', async (play) => {
  const future = Date.now() + 365 * 86_400_000
  await put(play, 1, { last_modified: future })
  assert.equal((await put(play, 2)).timestamp, future + 1)
  await play.request('DELETE', '/v1/articles')
  assert.equal(await current(play), future + 3)
  assert.equal((await play.request('POST', '/v1/articles', { body: {} })).timestamp, future + 4)
})

scenario('R9.1: every write of a burst has a timestamp of its own, tombstones included', async (play) => {
  const numbers = Array.from({ length: 30 }, (_, index) => index + 1)
  const written = await Promise.all(numbers.map((number) => put(play, number)))
  const changed = await Promise.all(
    numbers.map((number) => play.request(number % 2 ? 'DELETE' : 'PATCH', path(number), { body: { data: {} } })),
  )
  const timestamps = [...written, ...changed].map(({ timestamp }) => timestamp)
  assert.equal(new Set(timestamps).size, 60)
  assert.equal(await current(play), Math.max(...timestamps))
})

for (const backend of usableBackends) {
  test(`R9.2: timestamps increase when the clock stands still and when it goes backwards (${backend})`, async () => {
    const clock = createHeldClock(1_800_000_000_000)
    const play = await openService({ backend, prepare, clock })
    const timestamps: number[] = []
    for (let round = 1; round <= 3; round += 1) {
      timestamps.push((await put(play, 1)).timestamp, (await put(play, 2)).timestamp, (await play.request('DELETE', path(2))).timestamp)
      clock.advance(-60_000)
    }
    assert.deepEqual(
      timestamps,
      timestamps.map((_, index) => (timestamps[0] ?? 0) + index),
    )
    assert.ok((timestamps[0] ?? 0) - 1_800_000_000_000 <= 1)
    clock.set(1_800_000_500_000)
    assert.equal((await put(play, 1)).timestamp, 1_800_000_500_000)
  })
}

scenario('R9.3: the collection timestamp never decreases and outlives the records', async (play) => {
  const seen = [await current(play)]
  for (let number = 1; number <= 3; number += 1) {
    await put(play, number)
    seen.push(await current(play))
  }
  seen.push((await play.request('DELETE', '/v1/articles')).timestamp, await current(play))
  await put(play, 9, { last_modified: 5 })
  seen.push(await current(play))
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  )
})

test('R9.3: it survives a restart, also where no record and no tombstone is left', async () => {
  const settings = { storage_url: join(temporaryFolder(), 'restarted.sqlite') }
  const first = await openService({ backend: 'sqlite', prepare, settings })
  await put(first, 1, { last_modified: Date.now() + 1_000_000 })
  const { timestamp } = await first.request('DELETE', path(1))
  assert.equal(await first.service.app.storage.purge({ before: timestamp + 1 }), 1)
  await first.close()
  const second = await openService({ backend: 'sqlite', prepare, settings })
  assert.equal(await current(second), timestamp)
  assert.equal((await put(second, 1)).timestamp, timestamp + 1)
})
