import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isBackendName, openBackend } from './backend.ts'
import { readCommandLine } from './command-line.ts'
import { ask } from './connection.ts'
import type { Backend, BackendName } from './engine.ts'
import { type LoadResult, median, runLoad, type Workload } from './load.ts'
import { type Operation, operations, RECORDS } from './operations.ts'
import { populate } from './population.ts'
import { machineFacts, markdownTable, whole } from './report.ts'
import { buildRequest } from './request.ts'
import { type Scratch, withScratch } from './scratch.ts'
import { type ServerOptions, startServer } from './server-process.ts'

const USAGE = 'npm run bench:operations -- [--backend sqlite|postgresql] [--rounds N] [--seconds S] [--only get,create,spread64,…]\n'
const WARM_UP_SECONDS = 1

/** What was asked for on the command line. */
interface Options {
  readonly backend: BackendName
  readonly rounds: number
  readonly seconds: number
  readonly chosen: readonly Operation[]
}

/** @returns undefined where it makes no sense */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: 'sqlite' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string', default: 'get,spread64' },
    },
  })
  const { backend } = values
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  const names = values.only.split(',')
  const chosen = operations.filter(({ name }) => names.includes(name))
  if (!isBackendName(backend) || !Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)) return undefined
  return chosen.length === names.length ? { backend, rounds, seconds, chosen } : undefined
}

const sdk = fileURLToPath(new URL('tracing-sdk.ts', import.meta.url))

const LOG = { CLIQUET_LOG_LEVEL: 'info', CLIQUET_LOGGING_RENDERER: 'cliquet/logging/json' }
const METRICS = { CLIQUET_METRICS_BACKEND: 'cliquet/metrics/prometheus' }
const TRACING = { CLIQUET_TRACING_ENABLED: 'true' }
const OFF = { CLIQUET_LOG_LEVEL: 'error' }

/** What is turned on of a server; the first one has nothing. The log goes to a file. */
const variants = {
  off: { settings: OFF },
  log: { settings: LOG },
  metrics: { settings: { ...OFF, ...METRICS } },
  tracing: { settings: { ...OFF, ...TRACING }, flags: `--import=${sdk}` },
  all: { settings: { ...LOG, ...METRICS, ...TRACING }, flags: `--import=${sdk}` },
} as const satisfies Readonly<Record<string, ServerOptions>>

type Variant = keyof typeof variants

const names = Object.keys(variants) as Variant[] // its keys, as it is written above

/** A server with records to read. */
interface Running {
  readonly port: number
  readonly ids: readonly string[]
  readonly output: string
}

async function start(variant: Variant, scratch: Scratch, backend: Backend): Promise<Running> {
  const location = await backend.createDatabase(variant)
  const output = join(scratch.folder, `${variant}.log`)
  const { port } = await scratch.keep(startServer('ours', location, { ...variants[variant], output }))
  const ids = await populate(port, RECORDS)
  await backend.settle(location)
  return { port, ids, output }
}

type PerVariant<T> = Readonly<Record<Variant, T>>

async function forEach<T>(make: (variant: Variant) => Promise<T>): Promise<PerVariant<T>> {
  const made: [Variant, T][] = []
  for (const variant of names) made.push([variant, await make(variant)])
  return Object.fromEntries(made) as PerVariant<T> // one entry each
}

async function measure(
  operation: Operation,
  servers: PerVariant<Running>,
  { rounds, seconds }: Options,
): Promise<PerVariant<LoadResult[]>> {
  const workloads = await forEach((variant): Promise<Workload> => operation.prepare(servers[variant]))
  const results = await forEach(async (): Promise<LoadResult[]> => [])
  for (let round = -1; round < rounds; round += 1) {
    for (const variant of round % 2 === 0 ? names : names.toReversed()) {
      const { port } = servers[variant]
      const duration = round < 0 ? WARM_UP_SECONDS : seconds
      const result = await runLoad({ port, connections: operation.connections, seconds: duration, workload: workloads[variant] })
      if (round >= 0) results[variant].push(result)
    }
  }
  return results
}

/** Ratios are medians of the ratios of one round, whose loads other work on the machine slows alike. */
function tableRow({ title, connections }: Operation, results: PerVariant<readonly LoadResult[]>): string[] {
  const rate = (variant: Variant): string => whole(median(results[variant].map(({ perSecond }) => perSecond)))
  const ratio = (variant: Variant): string => {
    const ratios = results[variant].map(({ perSecond }, round) => perSecond / (results.off[round]?.perSecond ?? Number.NaN))
    return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`
  }
  return [title, String(connections), rate('off'), rate('all'), ratio('log'), ratio('metrics'), ratio('tracing'), ratio('all')]
}

/** Nothing would be measured if what is turned on did nothing. @throws if so */
async function verify({ off, log, metrics, all }: PerVariant<Running>): Promise<void> {
  const bytes = ({ output }: Running): number => statSync(output).size
  if (bytes(off) > 0 || bytes(log) === 0 || bytes(all) === 0) throw new Error('the logs are not what was asked for')
  for (const { port } of [metrics, all]) {
    const { body } = await ask(port, buildRequest('/v1/__metrics__'))
    if (!body.includes('bench_request_summary_total')) throw new Error('nothing was measured')
  }
}

async function run(scratch: Scratch, options: Options): Promise<void> {
  const backend = await openBackend(options.backend, scratch)
  const servers = await forEach((variant) => start(variant, scratch, backend))
  const rows: string[][] = []
  let share = 0
  for (const operation of options.chosen) {
    const results = await measure(operation, servers, options)
    rows.push(tableRow(operation, results))
    share = Math.max(share, ...Object.values(results).flatMap((all) => all.map(({ generatorShare }) => generatorShare)))
    process.stderr.write(`${operation.name} measured\n`)
  }
  await verify(servers)
  const titles = ['operation', 'connections', 'all off, req/s', 'all on, req/s', 'log', 'metrics', 'tracing', 'all on']
  const what =
    'Log: a line for each request as JSON to a file. Metrics: Prometheus. Tracing: an SDK without exporter. The last four: ratios to all off (least–most)'
  const method = `Medians of ${options.rounds} alternating rounds of ${options.seconds} s, the ratios those of their ratios`
  process.stdout.write(`${markdownTable(titles, rows)}\n\n${what}. ${method}; load generator at most ${whole(share * 100)} % of a core. `)
  process.stdout.write(`${machineFacts(backend.facts)}\n`)
}

const options = readCommandLine(readOptions, USAGE)
if (options !== undefined) await withScratch((scratch) => run(scratch, options))
