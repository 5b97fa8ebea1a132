import assert from 'node:assert/strict'
import { BOOKMARKS, makeBookmark } from './bookmark.ts'
import { type Connection, headerOf } from './connection.ts'
import type { BackendName } from './engine.ts'
import type { Workload } from './load.ts'
import { buildRequest, type RequestParts } from './request.ts'
import type { Shape, Written } from './shape.ts'

const PAGE = 100
const DEEP_PAGE = 500

/** Records behind a service. */
export interface Subject {
  readonly shape: Shape
  /** Of the database. */
  readonly location: string
  readonly connection: Connection
  /** Some of the records, from all over. */
  readonly sample: readonly Written[]
}

/** What is compared. */
export interface Comparison {
  readonly title: string
  /** Where not everywhere. */
  readonly concerns?: (backend: BackendName, shape: Shape) => boolean
  readonly prepare: (subject: Subject) => Promise<Workload>
}

/** In the order of the table. Creations come last: they change what polls compare with. */
export const comparisons: readonly Comparison[] = [
  { title: 'get one', prepare: async ({ sample }) => ({ requests: sample.map(({ owner, id }) => by(owner, `/${id}`)), status: 200 }) },
  {
    title: `first page of ${PAGE}`,
    prepare: async (subject) => ({ requests: ownersOf(subject).map((owner) => firstPage(owner)), status: 200 }),
  },
  {
    title: 'deep page',
    concerns: (_, { collections }) => collections === 1,
    prepare: async (subject) => ({ requests: [await deepPage(subject)], status: 200 }),
  },
  { title: 'filter on an indexed field', concerns: (backend) => backend === 'postgresql', prepare: filterByUrl },
  { title: 'poll, nothing new (`If-None-Match`)', prepare: pollByEtag },
  { title: 'poll, nothing new (`_since`)', prepare: pollSince },
  { title: 'total (HEAD)', prepare: async (subject) => ({ requests: ownersOf(subject).map((owner) => head(owner)), status: 200 }) },
  { title: 'create', prepare: create },
]

/** Which page the deep one is. */
export const deepPageOf = ({ records }: Shape): number => Math.min(DEEP_PAGE, Math.floor(records / PAGE))

const by = (user: string, query: string, parts: RequestParts = {}): Buffer => buildRequest(`${BOOKMARKS}${query}`, { ...parts, user })
const firstPage = (owner: string): Buffer => by(owner, `?_limit=${PAGE}`)
const head = (owner: string): Buffer => by(owner, '', { method: 'HEAD' })

const ownersOf = ({ sample }: Subject): string[] => [...new Set(sample.map(({ owner }) => owner))]

async function etagOf({ connection }: Subject, owner: string): Promise<string> {
  return headerOf((await connection.exchange(head(owner))).head, 'etag') ?? ''
}

async function pollByEtag(subject: Subject): Promise<Workload> {
  const requests: Buffer[] = []
  for (const owner of ownersOf(subject)) requests.push(by(owner, '', { headers: { 'If-None-Match': await etagOf(subject, owner) } }))
  return { requests, status: 304 }
}

async function pollSince(subject: Subject): Promise<Workload> {
  const requests: Buffer[] = []
  for (const owner of ownersOf(subject)) requests.push(by(owner, `?_since=${(await etagOf(subject, owner)).slice(1, -1)}`))
  for (const request of requests.slice(0, 1)) assert.deepEqual(await listOf(subject, request), [])
  return { requests, status: 200 }
}

async function filterByUrl(subject: Subject): Promise<Workload> {
  const requests = subject.sample.map(({ owner, number }) => by(owner, `?url=${encodeURIComponent(makeBookmark(number).url)}`))
  const [first] = requests
  if (first !== undefined) assert.equal((await listOf(subject, first)).length, 1)
  return { requests, status: 200 }
}

/** Other bookmarks than those that are there, or the filter would find several. */
async function create(subject: Subject): Promise<Workload> {
  const owners = ownersOf(subject)
  const posts = Array.from({ length: 1000 }, (_, number) =>
    by(owners[number % owners.length] ?? '', '', { method: 'POST', body: { data: makeBookmark(subject.shape.records + number) } }),
  )
  return { requests: posts, status: 201 }
}

/** The request for the deep page, found as a client finds it: by following `Next-Page`. */
async function deepPage(subject: Subject): Promise<Buffer> {
  const [owner = ''] = ownersOf(subject)
  let request = firstPage(owner)
  for (let page = 1; page < deepPageOf(subject.shape); page += 1) {
    const reply = await subject.connection.exchange(request)
    const next = new URL(headerOf(reply.head, 'next-page') ?? '')
    request = buildRequest(`${next.pathname}${next.search}`, { user: owner })
  }
  assert.equal((await listOf(subject, request)).length, PAGE)
  return request
}

async function listOf({ connection }: Subject, request: Buffer): Promise<unknown[]> {
  const { body } = await connection.exchange(request)
  const { data } = JSON.parse(body.toString()) as { data: unknown[] } // a list
  return data
}
