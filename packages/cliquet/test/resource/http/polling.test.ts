import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import type { Fields, Received, Send } from '../../protocol/service-under-test.ts'
import { type Play, pathOf, scenarios, uuid, values } from './scenario.ts'

const prepare = (service: Service): void => void service.resource('article', { schema: { n: Type.Optional(Type.Integer()) } })
const scenario = await scenarios({ prepare })

const path = (number: number): string => `/v1/articles/${uuid(number)}`
const put = ({ request }: Pick<Play, 'request'>, number: number, n = number) => request('PUT', path(number), { body: { data: { n } } })

/** A client as R9.11 describes it: it keeps the last page's ETag as its next `_since`. */
class Follower {
  readonly known = new Map<unknown, Fields>()
  since: string | undefined
  readonly #request: Send
  readonly #limit: number

  constructor(request: Send, limit: number) {
    this.#request = request
    this.#limit = limit
  }

  /** Fetches all pages of what has changed; `between` is waited for after each page. */
  async sync(between: () => Promise<unknown> = async () => {}): Promise<void> {
    const since = this.since === undefined ? '' : `&_since=${encodeURIComponent(this.since)}`
    let next: string | undefined = `/v1/articles?_sort=-last_modified&_limit=${this.#limit}${since}`
    while (next !== undefined) {
      const page: Received = await this.#request('GET', next)
      assert.equal(page.status, 200, page.text)
      for (const record of page.records) {
        if (record.deleted === true) this.known.delete(record.id)
        else this.known.set(record.id, record)
      }
      this.since = page.headers.etag
      next = page.headers['next-page'] === undefined ? undefined : pathOf(page.headers['next-page'])
      await between()
    }
  }
}

async function expectSame(request: Send, known: ReadonlyMap<unknown, Fields>): Promise<void> {
  const { records } = await request('GET', '/v1/articles')
  assert.deepEqual([...known.values()].toSorted(byId), records.toSorted(byId))
}

const byId = (a: Fields, b: Fields): number => (String(a.id) < String(b.id) ? -1 : 1)

scenario('R8.12: every page carries the timestamp of the first, whatever is written meanwhile', async (play) => {
  for (let number = 1; number <= 6; number += 1) await put(play, number)
  const first = await play.request('GET', '/v1/articles?_limit=2')
  const written = await put(play, 7)
  const second = await play.request('GET', pathOf(first.headers['next-page']))
  await play.request('DELETE', path(7))
  const third = await play.request('GET', pathOf(second.headers['next-page']))
  for (const page of [second, third]) {
    assert.deepEqual([page.headers.etag, page.headers['last-modified']], [first.headers.etag, first.headers['last-modified']])
  }
  assert.ok(written.timestamp > first.timestamp)
})

scenario('R8.12: conditions on a page are decided by the current timestamp', async (play) => {
  for (let number = 1; number <= 4; number += 1) await put(play, number)
  const first = await play.request('GET', '/v1/articles?_limit=2')
  const next = pathOf(first.headers['next-page'])
  assert.equal((await play.request('GET', next, { headers: { 'if-match': first.headers.etag } })).status, 200)
  assert.equal((await play.request('GET', next, { headers: { 'if-none-match': first.headers.etag } })).status, 304)
  const { headers } = await put(play, 5)
  assert.equal((await play.request('GET', next, { headers: { 'if-match': first.headers.etag } })).status, 412)
  assert.equal((await play.request('GET', next, { headers: { 'if-match': headers.etag } })).status, 200)
  assert.equal((await play.request('GET', next, { headers: { 'if-none-match': first.headers.etag } })).status, 200)
})

scenario('R8.12 R9.11: a client that pages while others write, and keeps the last page’s ETag, misses no change', async (play) => {
  for (let number = 1; number <= 12; number += 1) await put(play, number)
  const follower = new Follower(play.request, 3)
  let step = 0
  const meddle = async (): Promise<void> => {
    step += 1
    if (step > 12) return
    await put(play, 20 + step)
    await put(play, step, -step)
    await play.request('DELETE', path(step + 6))
    await play.request('PATCH', path(12), { body: { data: { n: step } } })
  }
  await follower.sync(meddle)
  for (let round = 0; round < 3; round += 1) await follower.sync(meddle)
  step = 99
  await follower.sync()
  await expectSame(play.request, follower.known)
})

scenario('R9.4 R9.5: pollers that follow eight writers for a while miss nothing', async (play) => {
  const end = Date.now() + 1000
  let writes = 0
  const writer = async (offset: number): Promise<void> => {
    for (let turn = 0; Date.now() < end; turn += 1) {
      const number = offset * 4 + (turn % 4)
      const method = turn % 5 === 4 ? 'DELETE' : turn % 5 === 3 ? 'PATCH' : 'PUT'
      const { status } = await play.request(method, path(number), method === 'DELETE' ? {} : { body: { data: { n: turn } } })
      assert.ok([200, 201, 404].includes(status), `${method} ${status}`)
      writes += 1
    }
  }
  const followers = [new Follower(play.request, 1000), new Follower(play.request, 5), new Follower(play.request, 1)]
  const poller = async (follower: Follower): Promise<void> => {
    while (Date.now() < end) await follower.sync()
  }
  await Promise.all([...Array.from({ length: 8 }, (_, offset) => writer(offset)), ...followers.map(poller)])
  assert.ok(writes > 20)
  for (const follower of followers) {
    await follower.sync()
    await expectSame(play.request, follower.known)
  }
})

scenario('R9.5: a list’s ETag is never ahead of its records', async (play) => {
  let writing = true
  const writer = async (): Promise<void> => {
    for (let number = 0; number < 60; number += 1) await put(play, number % 7, number)
    writing = false
  }
  const seen: Received[] = []
  const reader = async (): Promise<void> => {
    while (writing) seen.push(await play.request('GET', '/v1/articles?_since=0'))
  }
  await Promise.all([writer(), writer(), reader(), reader()])
  for (const { records, timestamp } of seen.filter(({ records }) => records.length > 0)) {
    assert.ok(Math.max(...records.map(({ last_modified: at }) => Number(at))) >= timestamp)
  }
})

scenario('R9.6: reading and refused writes leave the timestamp alone, so that _since is never empty below the ETag', async (play) => {
  await put(play, 1)
  const { headers, timestamp } = await play.request('GET', '/v1/articles')
  const sends = [
    play.request('GET', path(1)),
    play.request('GET', path(2)),
    play.request('HEAD', '/v1/articles'),
    play.request('PUT', path(1), { body: { data: { n: 'no' } } }),
    play.request('PUT', path(1), { body: {}, headers: { 'if-match': '"1"' } }),
    play.request('PUT', path(1), { body: {}, headers: { 'if-none-match': '*' } }),
    play.request('PATCH', path(2), { body: { data: {} } }),
    play.request('DELETE', path(2)),
    play.request('POST', '/v1/articles', { body: { data: { id: uuid(1) } } }),
    play.request('DELETE', '/v1/articles?n=99'),
  ]
  await Promise.all(sends)
  const now = await play.request('GET', `/v1/articles?_since=${timestamp - 1}`)
  assert.equal(now.headers.etag, headers.etag)
  assert.deepEqual(values(now, 'last_modified'), [timestamp])
})

scenario('R9.7: a write that is refused by storage leaves no trace', async (play) => {
  const { timestamp } = await put(play, 1, 1)
  await play.request('PUT', path(3), { body: { data: { last_modified: 1_400_000_000_000 } } })
  const before = await play.request('GET', '/v1/articles?_since=0')
  const conflict = await play.request('PUT', path(2), { body: { data: { last_modified: 1_400_000_000_000 } } })
  assert.equal(conflict.status, 409)
  const after = await play.request('GET', '/v1/articles?_since=0')
  assert.deepEqual([after.records, after.headers.etag], [before.records, before.headers.etag])
  assert.equal(after.timestamp, timestamp)
})

scenario('R9.8: a record recreated is a record again, and deleting it again renews its tombstone', async (play) => {
  await put(play, 1)
  const first = await play.request('DELETE', path(1))
  await put(play, 1)
  assert.deepEqual(values(await play.request('GET', '/v1/articles?_since=0'), 'deleted'), [undefined])
  const second = await play.request('DELETE', path(1))
  assert.ok(second.timestamp > first.timestamp)
  assert.deepEqual((await play.request('GET', '/v1/articles?_since=0')).records, [second.record])
})

scenario('R9.9: purging tombstones does not move the collection timestamp', async (play) => {
  for (let number = 1; number <= 3; number += 1) await put(play, number)
  const gone = [await play.request('DELETE', path(1)), await play.request('DELETE', path(2))]
  const before = await play.request('GET', '/v1/articles?_since=0')
  const deleted = async () => values(await play.request('GET', '/v1/articles?_since=0&deleted=true&_sort=id'), 'id')
  const { storage } = play.service.app
  await storage.purge({ before: gone[1]?.timestamp })
  assert.deepEqual(await deleted(), [uuid(2)])
  await storage.purge({ before: Number(gone[1]?.timestamp) + 1 })
  assert.deepEqual(await deleted(), [])
  assert.equal((await play.request('GET', '/v1/articles')).headers.etag, before.headers.etag)
  assert.ok((await put(play, 4)).timestamp > before.timestamp)
})

scenario('R9.9: all but the newest tombstones of each collection can be purged', async (play) => {
  for (let number = 1; number <= 4; number += 1) {
    await put(play, number)
    await play.request('DELETE', path(number))
  }
  await play.service.app.storage.purge({ keep: 2 })
  assert.deepEqual(values(await play.request('GET', '/v1/articles?_since=0&_sort=id'), 'id'), [3, 4].map(uuid))
})

scenario('R9.10: a client whose _since is older than the purge may miss deletions, and learns all by fetching everything', async (play) => {
  for (let number = 1; number <= 3; number += 1) await put(play, number)
  const late = new Follower(play.request, 10)
  await late.sync()
  const gone = await play.request('DELETE', path(1))
  await play.service.app.storage.purge({ before: gone.timestamp + 1 })
  await late.sync()
  assert.equal(late.known.size, 3)
  const fresh = new Follower(play.request, 10)
  await fresh.sync()
  await expectSame(play.request, fresh.known)
})

scenario('R9.11: _since may be quoted or not, tombstones say what to remove, and nothing new is 304', async (play) => {
  await put(play, 1)
  const start = await put(play, 2)
  await play.request('DELETE', path(1))
  await put(play, 3)
  for (const since of [`${start.timestamp}`, `%22${start.timestamp}%22`]) {
    const answer = await play.request('GET', `/v1/articles?_sort=-last_modified&_since=${since}`)
    assert.deepEqual(values(answer, 'id'), [uuid(3), uuid(1)])
    assert.deepEqual(values(answer, 'deleted'), [undefined, true])
    const again = await play.request('GET', `/v1/articles?_since=${answer.timestamp}`, {
      headers: { 'if-none-match': answer.headers.etag },
    })
    assert.equal(again.status, 304)
    assert.deepEqual((await play.request('GET', `/v1/articles?_since=${answer.timestamp}`)).records, [])
  }
})

scenario('R9.11 R7.14: after a push a client pulls again without what it has pushed itself', async (play) => {
  const start = await put(play, 1)
  await put(play, 2)
  await put(play, 3)
  const query = `_sort=-last_modified&_since=${start.timestamp}&exclude_id=${encodeURIComponent(`${uuid(2)},${uuid(9)}`)}`
  assert.deepEqual(values(await play.request('GET', `/v1/articles?${query}`), 'id'), [uuid(3)])
})
