import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { isBackendName, openBackend } from './backend.ts'
import { BOOKMARKS, makeBookmark, WRITER } from './bookmark.ts'
import { readCommandLine } from './command-line.ts'
import { ask, headerOf } from './connection.ts'
import type { BackendName } from './engine.ts'
import { type LoadResult, median, runLoad, type Workload } from './load.ts'
import { machineFacts, markdownTable, whole } from './report.ts'
import { buildRequest } from './request.ts'
import { type Scratch, withScratch } from './scratch.ts'
import { startServer } from './server-process.ts'

const USAGE = 'npm run bench:batch -- [--backend sqlite|postgresql] [--rounds N] [--seconds S]\n'
/** As many as `batch_max_requests` allows by default (R11.4). */
const TOGETHER = 25
const DIFFERENT = 1000
const CONNECTIONS = [1, 8]
const WARM_UP_SECONDS = 1

/** What was asked for on the command line. */
interface Options {
  readonly backend: BackendName
  readonly rounds: number
  readonly seconds: number
}

/** One way to create records. */
interface Way {
  readonly recordsPerRequest: number
  readonly workload: Workload
}

/** What one load came to. */
interface Measured extends LoadResult {
  readonly recordsPerSecond: number
}

const single: Way = {
  recordsPerRequest: 1,
  workload: {
    requests: Array.from({ length: DIFFERENT }, (_, number) => post(BOOKMARKS, { data: makeBookmark(number) })),
    status: 201,
  },
}

const batch: Way = {
  recordsPerRequest: TOGETHER,
  workload: { requests: Array.from({ length: DIFFERENT / TOGETHER }, (_, number) => postBatch(number * TOGETHER)), status: 200 },
}

function post(path: string, body: unknown): Buffer {
  return buildRequest(path, { method: 'POST', user: WRITER, body })
}

/** As the clients send it: what the requests have in common stands in the defaults. */
function postBatch(first: number): Buffer {
  const requests = Array.from({ length: TOGETHER }, (_, index) => ({ body: { data: makeBookmark(first + index) } }))
  return post('/v1/batch', { defaults: { method: 'POST', path: BOOKMARKS }, requests })
}

/** @returns undefined where it makes no sense */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: 'sqlite' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
    },
  })
  const { backend } = values
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  return isBackendName(backend) && Number.isInteger(rounds) && rounds >= 1 && seconds > 0 ? { backend, rounds, seconds } : undefined
}

/** Looks at one answer to a batch: the load itself checks only its status, and then that every record is there. */
async function checkBatch(port: number): Promise<void> {
  const { status, body } = await ask(port, postBatch(0))
  assert.equal(status, 200)
  const { responses } = JSON.parse(body.toString()) as { responses: { status: number; body: { data: { url: string } } }[] } // R11.10
  const created = responses.map((part) => [part.status, part.body.data.url])
  assert.deepEqual(
    created,
    Array.from({ length: TOGETHER }, (_, number) => [201, makeBookmark(number).url]),
  )
}

async function countRecords(port: number): Promise<number> {
  const { head } = await ask(port, buildRequest(BOOKMARKS, { method: 'HEAD', user: WRITER }))
  return Number(headerOf(head, 'total-records'))
}

/** Loads the server and makes sure that it kept exactly what it acknowledged. */
async function load(port: number, { recordsPerRequest, workload }: Way, connections: number, seconds: number): Promise<Measured> {
  const before = await countRecords(port)
  const result = await runLoad({ port, connections, seconds, workload })
  assert.equal((await countRecords(port)) - before, result.count * recordsPerRequest)
  return { ...result, recordsPerSecond: result.perSecond * recordsPerRequest }
}

/** The ratio is the median of the ratios of neighbours in time, which other work on the machine slows alike. */
function tableRow(connections: number, singles: readonly Measured[], batches: readonly Measured[]): string[] {
  const rate = (results: readonly Measured[]): string => whole(median(results.map(({ recordsPerSecond }) => recordsPerSecond)))
  const slowest = (results: readonly Measured[]): string => median(results.map(({ p99 }) => p99)).toFixed(1)
  const ratios = batches.map(({ recordsPerSecond }, round) => recordsPerSecond / (singles[round]?.recordsPerSecond ?? Number.NaN))
  const ratio = `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`
  return [String(connections), rate(singles), rate(batches), ratio, slowest(singles), slowest(batches)]
}

async function run(scratch: Scratch, { backend: name, rounds, seconds }: Options): Promise<void> {
  const backend = await openBackend(name, scratch)
  const { port } = await scratch.keep(startServer('ours', await backend.createDatabase('ours')))
  await checkBatch(port)
  const rows: string[][] = []
  let share = 0
  for (const connections of CONNECTIONS) {
    const results = new Map<Way, Measured[]>([
      [single, []],
      [batch, []],
    ])
    for (let round = -1; round < rounds; round += 1) {
      for (const way of round % 2 === 0 ? [single, batch] : [batch, single]) {
        const measured = await load(port, way, connections, round < 0 ? WARM_UP_SECONDS : seconds)
        if (round < 0) continue
        results.get(way)?.push(measured)
        share = Math.max(share, measured.generatorShare)
      }
    }
    rows.push(tableRow(connections, results.get(single) ?? [], results.get(batch) ?? []))
  }
  const titles = [
    'connections',
    'single creates, records/s',
    `batches of ${TOGETHER}, records/s`,
    'ratio (least–most)',
    'single p99 ms',
    'batch p99 ms',
  ]
  const method = `Medians of ${rounds} alternating rounds of ${seconds} s, the ratio that of their ratios`
  const generator = `load generator at most ${whole(share * 100)} % of a core`
  process.stdout.write(`${markdownTable(titles, rows)}\n\n${method}; ${generator}. ${machineFacts(backend.facts)}\n`)
}

const options = readCommandLine(readOptions, USAGE)
if (options !== undefined) await withScratch((scratch) => run(scratch, options))
