import { parseArgs } from 'node:util'
import { isBackendName, openBackend } from './backend.ts'
import { readCommandLine } from './command-line.ts'
import type { Backend, BackendName } from './engine.ts'
import { percentile, runLoad } from './load.ts'
import { sendOpenLoad } from './open-load.ts'
import type { PhaseResult, Samples } from './open-loop.ts'
import { type Operation, operations, RECORDS } from './operations.ts'
import { populate } from './population.ts'
import { machineFacts, markdownTable, whole } from './report.ts'
import { type Scratch, withScratch } from './scratch.ts'
import { startServer } from './server-process.ts'

const USAGE = `npm run bench:overload -- [--backend sqlite|postgresql] [--only get,list,poll,since,create,spread64,create64] [--times 5] [--seconds 20]
  [--delay 0.05]
`
/** What is measured, by name, unless it is said. Five times as many of the fastest requests of SQLite are more than a single thread can even refuse. */
const DEFAULTS: Readonly<Record<BackendName, readonly string[]>> = { sqlite: ['list', 'spread64'], postgresql: ['get', 'list', 'spread64'] }
const TARGET = 3
const RECOVERY_TARGET = 2
const CLOSED_SECONDS = 3
const UNLOADED = { share: 0.1, seconds: 6 }
const AFTER = { share: 0.5, seconds: 4 }
/** What comes sooner, ms, was let in before the process could know. */
const NOTICED = 1000

/** What was asked for on the command line. */
interface Options {
  readonly backend: BackendName
  readonly chosen: readonly Operation[]
  readonly times: number
  readonly seconds: number
  /** The setting `overload_delay_seconds`. */
  readonly delay: string
}

/** @returns undefined where it makes no sense */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: 'sqlite' },
      only: { type: 'string' },
      times: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '20' },
      delay: { type: 'string', default: '0.05' },
    },
  })
  const { backend, only, delay } = values
  const [times, seconds] = [Number(values.times), Number(values.seconds)]
  if (!isBackendName(backend) || !(times > 0) || !(seconds > NOTICED / 1000)) return undefined
  const names = only?.split(',') ?? DEFAULTS[backend]
  const chosen = operations.filter(({ name }) => names.includes(name))
  return chosen.length < names.length ? undefined : { backend, chosen, times, seconds, delay }
}

/** What came of one operation. */
interface Measured {
  readonly operation: Operation
  /** The most that was served of clients who wait for their answers, requests a second. */
  readonly sustainable: number
  readonly unloaded: PhaseResult
  readonly overloaded: PhaseResult
  readonly after: PhaseResult
}

async function measure(operation: Operation, scratch: Scratch, backend: Backend, options: Options): Promise<Measured> {
  const location = await backend.createDatabase(operation.name)
  const settings = { CLIQUET_OVERLOAD_DELAY_SECONDS: options.delay }
  const server = await scratch.keep(startServer('ours', location, { settings }))
  const { port } = server
  const ids = await populate(port, RECORDS)
  await backend.settle(location)
  const workload = await operation.prepare({ port, ids })
  const closed = { port, connections: operation.connections, workload }
  await runLoad({ ...closed, seconds: 1 })
  const { perSecond: sustainable } = await runLoad({ ...closed, seconds: CLOSED_SECONDS })
  const phases = [
    { rate: sustainable * UNLOADED.share, seconds: UNLOADED.seconds },
    { rate: sustainable * options.times, seconds: options.seconds },
    { rate: sustainable * AFTER.share, seconds: AFTER.seconds },
  ]
  const [unloaded, overloaded, after] = await sendOpenLoad({ port, phases, ...workload })
  await server.stop()
  if (unloaded === undefined || overloaded === undefined || after === undefined) throw new Error('the generator told too little')
  return { operation, sustainable, unloaded, overloaded, after }
}

const part = ({ latency }: Samples, share: number): string => percentile(latency, share).toFixed(1)

/** Those that were sent after so many ms. */
const from = ({ at, latency }: Samples, begin: number): Samples => ({
  at: at.filter((time) => time >= begin),
  latency: latency.filter((_, place) => (at[place] ?? 0) >= begin),
})

/** When the last refusal was after the load had gone, s. */
const recovery = ({ refused }: PhaseResult): number =>
  Math.max(0, ...refused.at.map((at, place) => at + (refused.latency[place] ?? 0))) / 1000

function tableRow({ operation, sustainable, unloaded, overloaded, after }: Measured, { seconds }: Options): string[] {
  const { served, refused, unsent, faults } = overloaded
  const noticed = from(served, NOTICED)
  const ratio = percentile(noticed.latency, 0.99) / percentile(unloaded.served.latency, 0.99)
  const recovered = recovery(after)
  const everyFault = faults + unloaded.faults + after.faults
  return [
    operation.title,
    `${whole(sustainable)} (${operation.connections})`,
    `${part(unloaded.served, 0.5)} · ${part(unloaded.served, 0.99)}`,
    whole(served.at.length / seconds),
    `${part(noticed, 0.5)} · ${part(noticed, 0.99)} (${part(served, 0.99)})`,
    `${ratio.toFixed(1)}: ${ratio < TARGET ? 'met' : 'not met'}`,
    `${whole(refused.at.length / seconds)} (${whole(unsent / seconds)})`,
    part(refused, 0.99),
    `${recovered.toFixed(1)}: ${recovered < RECOVERY_TARGET ? 'met' : 'not met'}`,
    whole(everyFault),
  ]
}

const TITLES = [
  'operation',
  'sustainable/s (connections)',
  'unloaded p50 · p99 ms',
  'served/s',
  'p50 · p99 ms (with the first second)',
  `p99 to unloaded, < ${TARGET}`,
  'refused/s (not even sent)',
  'refused p99 ms',
  `last refusal after the load, s, < ${RECOVERY_TARGET}`,
  'faults',
]

async function run(scratch: Scratch, options: Options): Promise<void> {
  const backend = await openBackend(options.backend, scratch)
  const measured: Measured[] = []
  for (const operation of options.chosen) {
    measured.push(await measure(operation, scratch, backend, options))
    process.stderr.write(`${operation.name} measured\n`)
  }
  const phases = measured.flatMap(({ unloaded, overloaded, after }) => [unloaded, overloaded, after])
  const share = Math.max(...phases.map((phase) => phase.share))
  const lateness = Math.max(...phases.map((phase) => percentile(phase.lateness, 0.99)))
  process.stdout.write(
    `${markdownTable(
      TITLES,
      measured.map((each) => tableRow(each, options)),
    )}\n\n`,
  )
  process.stdout.write(
    `overload_delay_seconds=${options.delay}, ${options.times} times the sustainable load for ${options.seconds} s; unloaded: ${UNLOADED.share * 100} % of it, afterwards ${AFTER.share * 100} %; ` +
      `generator at most ${whole(share * 100)} % of a core, 99 % of the requests sent within ${lateness.toFixed(1)} ms. ${machineFacts(backend.facts)}\n`,
  )
}

const options = readCommandLine(readOptions, USAGE)
if (options !== undefined) await withScratch((scratch) => run(scratch, options))
