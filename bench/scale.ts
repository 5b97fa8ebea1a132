import assert from 'node:assert/strict'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BOOKMARKS, makeBookmark, READER } from './bookmark.ts'
import { fillCollection } from './collection-fill.ts'
import { readCommandLine } from './command-line.ts'
import { type Connection, headerOf, openConnection } from './connection.ts'
import { measureLatencies } from './latency.ts'
import { median, type Workload } from './load.ts'
import { machineFacts, markdownTable, whole } from './report.ts'
import { buildRequest, type RequestParts } from './request.ts'
import { type Scratch, withScratch } from './scratch.ts'
import { startServer } from './server-process.ts'

const USAGE = 'npm run bench:scale -- [--records 1000000]\n'
const SMALL = 1000
const PAGE = 100
const DEEP_PAGE = 500
const TARGET = 1.5
/** Requests of one kind are sent in blocks, by turns to the small and the large collection. */
const BLOCKS = 20
const BLOCK = 25

/** One collection behind a service. */
interface Subject {
  readonly records: number
  readonly connection: Connection
  readonly ids: readonly string[]
}

/** What is compared. */
interface Comparison {
  readonly title: string
  readonly prepare: (subject: Subject) => Promise<Workload>
}

const byReader = (query: string, parts: RequestParts = {}): Buffer => buildRequest(`${BOOKMARKS}${query}`, { ...parts, user: READER })

/** Creations come last: they change what polls compare with. */
const comparisons: readonly Comparison[] = [
  { title: 'get one', prepare: async ({ ids }) => ({ requests: ids.map((id) => byReader(`/${id}`)), status: 200 }) },
  { title: `first page of ${PAGE}`, prepare: async () => ({ requests: [byReader(`?_limit=${PAGE}`)], status: 200 }) },
  { title: 'deep page', prepare: async (subject) => ({ requests: [await deepPage(subject)], status: 200 }) },
  { title: 'poll, nothing new (`If-None-Match`)', prepare: pollByEtag },
  { title: 'poll, nothing new (`_since`)', prepare: pollSince },
  { title: 'total (HEAD)', prepare: async () => ({ requests: [byReader('', { method: 'HEAD' })], status: 200 }) },
  { title: 'create', prepare: create },
]

async function etagOf({ connection }: Subject): Promise<string> {
  const { head } = await connection.exchange(byReader('', { method: 'HEAD' }))
  return headerOf(head, 'etag') ?? ''
}

async function pollByEtag(subject: Subject): Promise<Workload> {
  return { requests: [byReader('', { headers: { 'If-None-Match': await etagOf(subject) } })], status: 304 }
}

async function pollSince(subject: Subject): Promise<Workload> {
  const request = byReader(`?_since=${(await etagOf(subject)).slice(1, -1)}`)
  const { body } = await subject.connection.exchange(request)
  assert.equal(body.toString(), '{"data":[]}')
  return { requests: [request], status: 200 }
}

async function create(): Promise<Workload> {
  const posts = Array.from({ length: 1000 }, (_, number) => byReader('', { method: 'POST', body: { data: makeBookmark(number) } }))
  return { requests: posts, status: 201 }
}

const deepPageOf = (records: number): number => Math.min(DEEP_PAGE, Math.floor(records / PAGE))

/** The request for the deep page, found as a client finds it: by following `Next-Page`. */
async function deepPage({ connection, records }: Subject): Promise<Buffer> {
  let request = byReader(`?_limit=${PAGE}`)
  for (let page = 1; page < deepPageOf(records); page += 1) {
    const { head } = await connection.exchange(request)
    const next = new URL(headerOf(head, 'next-page') ?? '')
    request = buildRequest(`${next.pathname}${next.search}`, { user: READER })
  }
  const { body } = await connection.exchange(request)
  const { data } = JSON.parse(body.toString()) as { data: unknown[] } // a list
  assert.equal(data.length, PAGE)
  return request
}

async function openSubject(scratch: Scratch, records: number): Promise<Subject> {
  const file = join(scratch.folder, `${records}.sqlite`)
  const start = performance.now()
  const ids = await fillCollection(file, records)
  process.stderr.write(`${whole(records)} records written in ${whole((performance.now() - start) / 1000)} s\n`)
  const { port } = await scratch.keep(startServer('ours', file))
  const connection = await openConnection(port)
  const { head } = await connection.exchange(byReader('', { method: 'HEAD' }))
  assert.equal(headerOf(head, 'total-records'), String(records))
  return { records, connection, ids }
}

/** Latencies of the small and of the large collection, by turns, after a warm-up. */
async function compare(comparison: Comparison, subjects: readonly [Subject, Subject]): Promise<[number[], number[]]> {
  const workloads = [await comparison.prepare(subjects[0]), await comparison.prepare(subjects[1])] as const
  const results: [number[], number[]] = [[], []]
  for (let block = -4; block < BLOCKS; block += 1) {
    for (const index of block % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const latencies = await measureLatencies(subjects[index].connection, workloads[index], BLOCK, (block + 4) * BLOCK)
      if (block >= 0) results[index].push(...latencies)
    }
  }
  return results
}

async function run(scratch: Scratch, records: number): Promise<void> {
  const subjects = [await openSubject(scratch, SMALL), await openSubject(scratch, records)] as const
  const rows: string[][] = []
  for (const comparison of comparisons) {
    const [small, large] = (await compare(comparison, [...subjects])).map(median)
    const ratio = (large ?? Number.NaN) / (small ?? Number.NaN)
    const met = ratio <= TARGET ? 'met' : 'not met'
    rows.push([comparison.title, milliseconds(small), milliseconds(large), ratio.toFixed(2), `≤ ${TARGET}: ${met}`])
  }
  for (const { connection } of subjects) connection.close()
  const titles = ['operation', `${whole(SMALL)} records, ms`, `${whole(records)} records, ms`, 'ratio', 'target']
  const deep = `The deep page is the ${deepPageOf(records)}th of ${PAGE}; with ${whole(SMALL)} records it is the last, the ${deepPageOf(SMALL)}th.`
  const method = `Median latencies at one connection, ${BLOCKS * BLOCK} requests each, in alternating blocks of ${BLOCK}.`
  process.stdout.write(`${markdownTable(titles, rows)}\n\n${deep} ${method} ${machineFacts()}\n`)
}

const milliseconds = (value: number | undefined): string => (value ?? Number.NaN).toFixed(3)

/** @returns undefined where it makes no sense */
function readRecords(): number | undefined {
  const { values } = parseArgs({ options: { records: { type: 'string', default: '1000000' } } })
  const records = Number(values.records)
  return Number.isInteger(records) && records >= SMALL ? records : undefined
}

const records = readCommandLine(readRecords, USAGE)
if (records !== undefined) await withScratch((scratch) => run(scratch, records))
