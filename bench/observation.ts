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
import { type ServerOptions, type ServerProcess, startServer } from './server-process.ts'

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

/** On a machine that others use, too, a process may have to wait for so long that it takes that for overload, and refuses requests. */
const COMMON = { CLIQUET_OVERLOAD_DELAY_SECONDS: '0' }
const LOG = { ...COMMON, CLIQUET_LOG_LEVEL: 'info', CLIQUET_LOGGING_RENDERER: 'cliquet/logging/json' }
const METRICS = { CLIQUET_METRICS_BACKEND: 'cliquet/metrics/prometheus' }
const TRACING = { CLIQUET_TRACING_ENABLED: 'true' }
const OFF = { ...COMMON, CLIQUET_LOG_LEVEL: 'error' }

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
  readonly server: ServerProcess
  readonly ids: readonly string[]
  readonly output: string
}

async function start(variant: Variant, scratch: Scratch, backend: Backend): Promise<Running> {
  const location = await backend.createDatabase(variant)
  const output = join(scratch.folder, `${variant}.log`)
  const server = await scratch.keep(startServer('ours', location, { ...variants[variant], output }))
  const { port } = server
  const ids = await populate(port, RECORDS)
  await backend.settle(location)
  return { port, server, ids, output }
}

type PerVariant<T> = Readonly<Record<Variant, T>>

async function forEach<T>(make: (variant: Variant) => Promise<T>): Promise<PerVariant<T>> {
  const made: [Variant, T][] = []
  for (const variant of names) made.push([variant, await make(variant)])
  return Object.fromEntries(made) as PerVariant<T> // one entry each
}

/** What one load came to, and what it cost the server: µs of a processor for each request. */
interface Measured extends LoadResult {
  readonly cost: number
}

async function load({ connections }: Operation, { port, server }: Running, workload: Workload, seconds: number): Promise<Measured> {
  const before = await server.cpuTime()
  const result = await runLoad({ port, connections, seconds, workload })
  return { ...result, cost: ((await server.cpuTime()) - before) / result.count }
}

async function measure(operation: Operation, servers: PerVariant<Running>, { rounds, seconds }: Options): Promise<PerVariant<Measured[]>> {
  const workloads = await forEach((variant): Promise<Workload> => operation.prepare(servers[variant]))
  const results = await forEach(async (): Promise<Measured[]> => [])
  for (let round = -1; round < rounds; round += 1) {
    for (const variant of round % 2 === 0 ? names : names.toReversed()) {
      const result = await load(operation, servers[variant], workloads[variant], round < 0 ? WARM_UP_SECONDS : seconds)
      if (round >= 0) results[variant].push(result)
    }
  }
  return results
}

/** Ratios are medians of the ratios of one round, whose loads other work on the machine slows alike. */
function rateRow({ title, connections }: Operation, results: PerVariant<readonly Measured[]>): string[] {
  const rate = (variant: Variant): string => whole(median(results[variant].map(({ perSecond }) => perSecond)))
  const ratio = (variant: Variant): string => {
    const ratios = results[variant].map(({ perSecond }, round) => perSecond / (results.off[round]?.perSecond ?? Number.NaN))
    return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`
  }
  return [title, String(connections), rate('off'), rate('all'), ratio('log'), ratio('metrics'), ratio('tracing'), ratio('all')]
}

/** Processor time, which does not depend on what else runs on the machine as much as requests per second do. */
function costRow({ title }: Operation, results: PerVariant<readonly Measured[]>): string[] {
  const cost = (variant: Variant): number => median(results[variant].map((result) => result.cost))
  const more = (variant: Variant): string => {
    const difference = Math.round(cost(variant) - cost('off'))
    return difference > 0 ? `+${difference}` : String(difference)
  }
  return [title, cost('off').toFixed(0), more('log'), more('metrics'), more('tracing'), more('all')]
}

/** Nothing would be measured if what is turned on did nothing. @throws if so */
async function verify({ off, log, metrics, all }: PerVariant<Running>): Promise<void> {
  // The greeting of the service is there in any case; a line for each request is much more.
  const isLogged = ({ output }: Running): boolean => statSync(output).size > 100_000
  if (isLogged(off) || !isLogged(log) || !isLogged(all)) throw new Error('the logs are not what was asked for')
  for (const { port } of [metrics, all]) {
    const { body } = await ask(port, buildRequest('/v1/__metrics__'))
    if (!body.includes('bench_request_summary_total')) throw new Error('nothing was measured')
  }
}

async function run(scratch: Scratch, options: Options): Promise<void> {
  const backend = await openBackend(options.backend, scratch)
  const servers = await forEach((variant) => start(variant, scratch, backend))
  const [rates, costs]: [string[][], string[][]] = [[], []]
  let share = 0
  for (const operation of options.chosen) {
    const results = await measure(operation, servers, options)
    rates.push(rateRow(operation, results))
    costs.push(costRow(operation, results))
    share = Math.max(share, ...Object.values(results).flatMap((all) => all.map(({ generatorShare }) => generatorShare)))
    process.stderr.write(`${operation.name} measured\n`)
  }
  await verify(servers)
  const what =
    'Log: a line of JSON for each request, to a file. Metrics: Prometheus. Tracing: an SDK without exporter. Ratios: to all off (least–most)'
  const method = `Medians of ${options.rounds} alternating rounds of ${options.seconds} s, ratios those of one round`
  const generator = `load generator at most ${whole(share * 100)} % of a core`
  process.stdout.write(
    `${markdownTable(['operation', 'connections', 'off, req/s', 'all, req/s', 'log', 'metrics', 'tracing', 'all'], rates)}\n\n`,
  )
  process.stdout.write(`${markdownTable(['operation', 'off, µs of a core', 'log', 'metrics', 'tracing', 'all'], costs)}\n\n`)
  process.stdout.write(`${what}. ${method}; ${generator}. ${machineFacts(backend.facts)}\n`)
}

const options = readCommandLine(readOptions, USAGE)
if (options !== undefined) await withScratch((scratch) => run(scratch, options))
