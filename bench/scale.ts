import assert from 'node:assert/strict'
import { totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { isBackendName, openBackend } from './backend.ts'
import { BOOKMARKS } from './bookmark.ts'
import { fill } from './collection-fill.ts'
import { readCommandLine } from './command-line.ts'
import { type Comparison, comparisons, deepPageOf, type Subject } from './comparisons.ts'
import { headerOf, openConnection } from './connection.ts'
import type { Backend, BackendName } from './engine.ts'
import { measureLatencies } from './latency.ts'
import { median } from './load.ts'
import { plansTable } from './plans.ts'
import { machineFacts, markdownTable, whole } from './report.ts'
import { buildRequest } from './request.ts'
import { type Scratch, withScratch } from './scratch.ts'
import { startServer } from './server-process.ts'
import { ownerOf, type Shape } from './shape.ts'

const USAGE = 'npm run bench:scale -- [--backend sqlite|postgresql] [--records 1000000] [--shared-buffers 4GB]\n'
const SMALL = 1000
/** Records in a collection when there are many collections. */
const EACH = 100
const TARGET = 1.5
/** Requests of one kind are sent in blocks, by turns to the small and the large database. */
const BLOCKS = 20
const BLOCK = 25

/** What was asked for on the command line. */
interface Options {
  readonly backend: BackendName
  readonly records: number
  /** PostgreSQL's own cache. With the 128 MB that it is delivered with, a page of scattered records is read from the system's, which takes as long again. */
  readonly sharedBuffers: string
}

/** A small database and a large one of the same shape. */
type Pair = readonly [Subject, Subject]

/** A server on a filled database. */
interface Filled extends Omit<Subject, 'connection'> {
  readonly port: number
}

async function fillSubject(scratch: Scratch, backend: Backend, shape: Shape): Promise<Filled> {
  const location = await backend.createDatabase(nameOf(shape))
  const start = performance.now()
  const sample = await fill(backend.name, location, shape)
  process.stderr.write(`${titleOf(shape)} written in ${whole((performance.now() - start) / 1000)} s\n`)
  const { port } = await scratch.keep(startServer('ours', location, { indexed: backend.name === 'postgresql' }))
  await backend.settle(location)
  return { shape, location, sample, port }
}

/** Connects when all are filled: a server closes a connection that is not used for long. */
async function connect({ port, ...filled }: Filled): Promise<Subject> {
  const { shape } = filled
  const connection = await openConnection(port)
  const { head } = await connection.exchange(buildRequest(BOOKMARKS, { method: 'HEAD', user: ownerOf(0, shape) }))
  assert.equal(headerOf(head, 'total-records'), String(shape.records / shape.collections))
  return { ...filled, connection }
}

const nameOf = ({ records, collections }: Shape): string => `records-${records}-${collections}`

const titleOf = ({ records, collections }: Shape): string =>
  `${whole(records)} records in ${collections === 1 ? 'one collection' : `${whole(collections)} collections`}`

/** Latencies of the small and of the large database, by turns, after a warm-up. */
async function compare(comparison: Comparison, subjects: Pair): Promise<[number[], number[]]> {
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

async function comparePair(backend: Backend, subjects: Pair): Promise<string> {
  const [{ shape: small }, { shape: large }] = subjects
  const rows: string[][] = []
  for (const comparison of comparisonsOf(backend, large)) {
    const [one, other] = (await compare(comparison, subjects)).map(median)
    const ratio = (other ?? Number.NaN) / (one ?? Number.NaN)
    const met = ratio <= TARGET ? 'met' : 'not met'
    rows.push([comparison.title, milliseconds(one), milliseconds(other), ratio.toFixed(2), `≤ ${TARGET}: ${met}`])
  }
  return markdownTable(['operation', `${titleOf(small)}, ms`, `${titleOf(large)}, ms`, 'ratio', 'target'], rows)
}

const comparisonsOf = (backend: Backend, shape: Shape): readonly Comparison[] =>
  comparisons.filter(({ concerns }) => concerns?.(backend.name, shape) ?? true)

const milliseconds = (value: number | undefined): string => (value ?? Number.NaN).toFixed(3)

async function run(scratch: Scratch, { backend: name, records, sharedBuffers }: Options): Promise<void> {
  const backend = await openBackend(name, scratch, { shared_buffers: sharedBuffers })
  const spreads = name === 'postgresql' ? [1, EACH] : [1]
  for (const spread of spreads) {
    const shapeOf = (count: number): Shape => ({ records: count, collections: spread === 1 ? 1 : count / spread })
    const filled = [await fillSubject(scratch, backend, shapeOf(SMALL)), await fillSubject(scratch, backend, shapeOf(records))] as const
    const subjects = [await connect(filled[0]), await connect(filled[1])] as const
    process.stdout.write(`${await comparePair(backend, subjects)}\n\n`)
    if (name === 'postgresql')
      process.stdout.write(`${await plansTable(scratch, subjects[1], comparisonsOf(backend, subjects[1].shape))}\n\n`)
    for (const { connection } of subjects) connection.close()
  }
  const [small, large] = [SMALL, records].map((count) => deepPageOf({ records: count, collections: 1 }))
  const deep = `The deep page is the ${large}th; with ${whole(SMALL)} records it is the last, the ${small}th.`
  const method = `Median latencies at one connection, ${BLOCKS * BLOCK} requests each, in alternating blocks of ${BLOCK}.`
  process.stdout.write(`${deep} ${method} ${machineFacts(backend.facts)}\n`)
}

/** @returns undefined where it makes no sense */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: 'sqlite' },
      records: { type: 'string', default: '1000000' },
      'shared-buffers': { type: 'string', default: quarterOfMemory() },
    },
  })
  const { backend, 'shared-buffers': sharedBuffers } = values
  const records = Number(values.records)
  return isBackendName(backend) && records >= SMALL && records % EACH === 0 ? { backend, records, sharedBuffers } : undefined
}

/** What PostgreSQL's manual advises for a server of its own. */
const quarterOfMemory = (): string => `${Math.floor(totalmem() / 4 / 2 ** 20)}MB`

const options = readCommandLine(readOptions, USAGE)
if (options !== undefined) await withScratch((scratch) => run(scratch, options))
