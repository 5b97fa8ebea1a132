import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { type GivenSettings, type Service, Type } from '../../src/index.ts'
import { openService, type Received, type ServiceUnderTest } from '../protocol/service-under-test.ts'
import { uuid } from '../resource/http/scenario.ts'

/** Limits short enough for a test, and a `Retry-After` that is not the default. */
export const limits = { storage_pool_timeout: 1, storage_statement_timeout: 1, retry_after_seconds: 7, userid_hmac_secret: '' }

/** How long an answer may take under them, ms: a wait for a connection, one for the answer, and what a busy machine adds. */
export const LONGEST_ANSWER = 8000

/** How long a service may take to go on when its backend is back, ms: 2 s, and what a busy machine adds (`npm run crash` measures it). */
export const LONGEST_RECOVERY = 5000

/** A record that is there before anything is lost, and one that is not. */
export const kept = `/notes/${uuid(1)}`
export const lost = `/notes/${uuid(2)}`

/** Opens a service that keeps everything there, with the resources `/notes`, `/books` and `/records`; each user's records are their own. */
export function openOn(
  backend: 'postgresql' | 'redis',
  url: string,
  settings: GivenSettings = {},
  prepare: (service: Service) => void = () => {},
): Promise<ServiceUnderTest> {
  return openService({
    settings: { ...limits, storage_backend: `cliquet/storage/${backend}`, storage_url: url, ...settings },
    prepare(service) {
      const schema = { text: Type.Optional(Type.String()), title: Type.Optional(Type.String()) }
      for (const name of ['note', 'book', 'record']) service.resource(name, { schema })
      prepare(service)
    },
  })
}

/** R3.19: a 503 that says when to come back. */
export function assertUnavailable({ status, body, headers, text }: Received): void {
  assert.deepEqual([status, body.errno, headers['retry-after']], [503, 201, '7'], text)
}

/** Resolves to what `work` does. @throws AssertionError if it takes longer */
export async function within<T>(limit: number, work: Promise<T>): Promise<T> {
  const stop = new AbortController()
  const late = sleep(limit, undefined, { signal: stop.signal }).then(
    () => assert.fail(`took longer than ${limit} ms`),
    () => work,
  )
  try {
    return await Promise.race([work, late])
  } finally {
    stop.abort()
  }
}

/** Asks again until the answer is as wanted. @returns after how many ms it was */
export async function until(isWanted: () => Promise<boolean>, limit = 20_000): Promise<number> {
  const since = performance.now()
  while (!(await isWanted())) {
    assert.ok(performance.now() - since < limit, `not within ${limit} ms: ${isWanted}`)
    await sleep(10)
  }
  return performance.now() - since
}

/** Asks, all at once, for what a client can ask: each must be answered in time by a 503. */
export async function assertAllUnavailable({ request }: ServiceUnderTest): Promise<void> {
  const body = { data: { text: 'lost' } }
  const batch = ['/notes/', '/books/'].map((path) => ({ method: 'PUT', path: path + uuid(3), body: { data: { text: 'batch' } } }))
  const answers = await within(
    LONGEST_ANSWER,
    Promise.all([
      request('GET', '/v1/notes'),
      request('GET', `/v1${kept}`),
      request('PUT', `/v1${lost}`, { body }),
      request('PUT', `/v1${kept}`, { body }),
      request('PATCH', `/v1${kept}`, { body }),
      request('DELETE', `/v1${kept}`),
      request('DELETE', '/v1/notes'),
      request('POST', '/v1/books', { body }),
      request('POST', '/v1/batch', { body: { requests: batch } }),
    ]),
  )
  for (const answer of answers) assertUnavailable(answer)
}

/** R2.4: whether the heartbeat says that all is well; the load balancer’s one always does. */
export async function heartbeat({ request }: ServiceUnderTest): Promise<boolean> {
  const [answer, balancer] = await within(
    LONGEST_ANSWER,
    Promise.all([request('GET', '/v1/__heartbeat__'), request('GET', '/v1/__lbheartbeat__')]),
  )
  assert.equal(balancer.status, 200)
  const isWell = Object.values(answer.body).every((value) => value === true)
  assert.equal(answer.status, isWell ? 200 : 503, answer.text)
  return isWell
}

/** What there is of notes and books: their texts, and the collections' timestamps. */
export async function look({ request }: ServiceUnderTest) {
  const [notes, books] = await Promise.all([request('GET', '/v1/notes?_sort=text'), request('GET', '/v1/books?_sort=text')])
  assert.deepEqual([notes.status, books.status], [200, 200], notes.text)
  const texts = (answer: Received) => answer.records.map(({ text }) => text)
  return { notes: texts(notes), books: texts(books), timestamps: [notes.timestamp, books.timestamp] }
}

/** A transaction of an operator of that PostgreSQL, open until it is let go or the test ends. */
export async function holdTransaction(t: TestContext, url: string, sql: string): Promise<() => Promise<void>> {
  const address = new URL(url)
  address.searchParams.delete('schema')
  const client = new Client({ connectionString: address.href })
  let released: Promise<void> | undefined
  const release = (): Promise<void> => (released ??= client.end())
  await client.connect()
  t.after(release)
  await client.query('begin')
  await client.query(sql)
  return release
}
