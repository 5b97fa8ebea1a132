import assert from 'node:assert/strict'
import { BOOKMARKS, makeBookmark, READER, WRITER } from './bookmark.ts'
import { ask, headerOf, type Reply } from './connection.ts'
import type { BackendName } from './engine.ts'
import type { Workload } from './load.ts'
import { buildRequest, type RequestParts } from './request.ts'

/** How many records the reader has. */
export const RECORDS = 10_000

/** How many collections creations are spread over. */
const COLLECTIONS = 1000

/** A server with the reader's records. */
export interface Subject {
  readonly port: number
  readonly ids: readonly string[]
}

/** Something to measure. */
export interface Operation {
  readonly name: string
  /** What `--only` calls it; several operations may share one. */
  readonly group: 'get' | 'list' | 'poll' | 'create'
  readonly title: string
  readonly connections: number
  /** Least ratio of requests per second, ours to bare, if one is set. */
  readonly targets: Targets
  /** Asks once and looks at the answer, so that nothing is measured that does something else. */
  readonly prepare: (subject: Subject) => Promise<Workload>
}

type Targets = Readonly<Partial<Record<BackendName, number>>>

/** Everything that is measured, in the order of the table. */
export const operations: readonly Operation[] = [
  { name: 'get', group: 'get', title: 'get one', connections: 16, targets: { sqlite: 0.7, postgresql: 0.8 }, prepare: getOne },
  {
    name: 'list',
    group: 'list',
    title: 'list 100 of 10,000',
    connections: 16,
    targets: { sqlite: 1.3, postgresql: 2 },
    prepare: listHundred,
  },
  {
    name: 'poll',
    group: 'poll',
    title: 'poll, nothing new (`If-None-Match`)',
    connections: 16,
    targets: { sqlite: 0.8, postgresql: 0.8 },
    prepare: pollByEtag,
  },
  { name: 'since', group: 'poll', title: 'poll, nothing new (`_since`)', connections: 16, targets: {}, prepare: pollSince },
  { name: 'create', group: 'create', title: 'create', connections: 1, targets: { sqlite: 0.7 }, prepare: create },
  {
    name: 'spread64',
    group: 'create',
    title: 'create over 1,000 collections',
    connections: 64,
    targets: { postgresql: 0.7 },
    prepare: createSpread,
  },
  {
    name: 'create64',
    group: 'create',
    title: 'create in one collection',
    connections: 64,
    targets: { sqlite: 2, postgresql: 1 },
    prepare: create,
  },
]

interface Item {
  readonly id: string
  readonly last_modified: number
  readonly url: string
}

/** The `data` of an answer; what is in it is asserted by the callers. */
function dataOf<T>({ body }: Reply): T {
  const { data } = JSON.parse(body.toString()) as { data: T } // both servers wrap what they answer
  return data
}

const byReader = (path: string, headers: RequestParts['headers'] = {}): Buffer => buildRequest(path, { user: READER, headers })

async function getOne({ port, ids }: Subject): Promise<Workload> {
  const [id = ''] = ids
  const reply = await ask(port, byReader(`${BOOKMARKS}/${id}`))
  assert.equal(reply.status, 200)
  const data = dataOf<Item>(reply)
  assert.equal(data.id, id)
  assert.match(data.url, /^https:/)
  const etag = headerOf(reply.head, 'etag')
  assert.equal(etag, `"${data.last_modified}"`)
  assert.ok(headerOf(reply.head, 'last-modified'))
  assert.equal((await ask(port, byReader(`${BOOKMARKS}/${id}`, { 'If-None-Match': etag }))).status, 304)
  assert.equal((await ask(port, buildRequest(`${BOOKMARKS}/${id}`))).status, 401)
  assert.equal((await ask(port, buildRequest(`${BOOKMARKS}/${id}`, { user: WRITER }))).status, 404)
  return { requests: ids.map((each) => byReader(`${BOOKMARKS}/${each}`)), status: 200 }
}

async function listHundred({ port, ids }: Subject): Promise<Workload> {
  const request = byReader(`${BOOKMARKS}?_limit=100`)
  const reply = await ask(port, request)
  assert.equal(reply.status, 200)
  const items = dataOf<Item[]>(reply)
  assert.equal(items.length, 100)
  assert.deepEqual(
    items,
    items.toSorted((a, b) => b.last_modified - a.last_modified),
  )
  assert.equal(headerOf(reply.head, 'etag'), `"${items[0]?.last_modified}"`)
  const next = new URL(headerOf(reply.head, 'next-page') ?? '')
  const following = dataOf<Item[]>(await ask(port, byReader(`${next.pathname}${next.search}`)))
  assert.equal(following.length, 100)
  assert.equal(new Set([...items, ...following].map(({ id }) => id)).size, 200)
  assert.ok(following.every(({ id }) => ids.includes(id)))
  return { requests: [request], status: 200 }
}

async function pollByEtag({ port }: Subject): Promise<Workload> {
  const etag = await currentEtag(port)
  const request = byReader(BOOKMARKS, { 'If-None-Match': etag })
  assert.equal((await ask(port, request)).status, 304)
  assert.equal((await ask(port, byReader(`${BOOKMARKS}?_limit=1`, { 'If-None-Match': '"1"' }))).status, 200)
  return { requests: [request], status: 304 }
}

async function pollSince({ port }: Subject): Promise<Workload> {
  const timestamp = Number((await currentEtag(port)).slice(1, -1))
  const request = byReader(`${BOOKMARKS}?_since=${timestamp}`)
  const reply = await ask(port, request)
  assert.equal(reply.status, 200)
  assert.deepEqual(dataOf(reply), [])
  assert.equal(dataOf<Item[]>(await ask(port, byReader(`${BOOKMARKS}?_since=${timestamp - 1}`))).length, 1)
  return { requests: [request], status: 200 }
}

async function currentEtag(port: number): Promise<string> {
  const etag = headerOf((await ask(port, byReader(`${BOOKMARKS}?_limit=1`))).head, 'etag') ?? ''
  assert.match(etag, /^"\d+"$/)
  return etag
}

const post = (user: string, data: unknown): Buffer => buildRequest(BOOKMARKS, { method: 'POST', user, body: { data } })

async function create({ port }: Subject): Promise<Workload> {
  const reply = await ask(port, post(WRITER, makeBookmark(0)))
  assert.equal(reply.status, 201)
  const data = dataOf<Item>(reply)
  assert.equal(headerOf(reply.head, 'etag'), `"${data.last_modified}"`)
  const stored = await ask(port, buildRequest(`${BOOKMARKS}/${data.id}`, { user: WRITER }))
  assert.deepEqual(dataOf(stored), { ...makeBookmark(0), id: data.id, last_modified: data.last_modified })
  assert.equal((await ask(port, post(WRITER, { ...makeBookmark(0), url: 'no URL' }))).status, 400)
  return { requests: Array.from({ length: 1000 }, (_, number) => post(WRITER, makeBookmark(number))), status: 201 }
}

async function createSpread(): Promise<Workload> {
  return { requests: Array.from({ length: COLLECTIONS }, (_, number) => post(`${WRITER}${number}`, makeBookmark(number))), status: 201 }
}
