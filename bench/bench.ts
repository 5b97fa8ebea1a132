import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isBackendName, openBackend } from './backend.ts'
import { readCommandLine } from './command-line.ts'
import type { Backend, BackendName } from './engine.ts'
import { type LoadResult, median, runLoad, WARM_UP_SECONDS, type Workload } from './load.ts'
import { measureMixed, mixedTable } from './mixed.ts'
import { type Operation, operations, RECORDS, type Subject } from './operations.ts'
import { populate } from './population.ts'
import { type SelfTime, selfTimes } from './profile.ts'
import { machineFacts, markdownTable, whole } from './report.ts'
import { type Scratch, withScratch } from './scratch.ts'
import { type Kind, startServer } from './server-process.ts'

const USAGE = `npm run bench -- [--backend sqlite|postgresql] [--rounds N] [--seconds S] [--only get,list,poll,create,mixed]
npm run bench -- --profile get|list|poll|since|create|spread64|create64 [--backend sqlite|postgresql] [--seconds S]
`
const MIXED = 'mixed'
const KINDS: readonly Kind[] = ['ours', 'bare']

/** What was asked for on the command line. */
interface Options {
  readonly backend: BackendName
  readonly rounds: number
  readonly seconds: number
  readonly chosen: readonly Operation[]
  /** Whether reads beside writes are measured too. */
  readonly mixed: boolean
  readonly profile: Operation | undefined
}

/** @returns undefined where it makes no sense */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: 'sqlite' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string', default: 'get,list,poll,create,mixed' },
      profile: { type: 'string' },
    },
  })
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  const groups = values.only.split(',')
  const chosen = operations.filter(({ group }) => groups.includes(group))
  const profile = operations.find(({ name }) => name === values.profile)
  const { backend } = values
  const isKnown = groups.every((name) => name === MIXED || operations.some(({ group }) => group === name))
  if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0) || !isKnown || !isBackendName(backend)) return undefined
  if (values.profile !== undefined && profile === undefined) return undefined
  return { backend, rounds, seconds, chosen, mixed: groups.includes(MIXED), profile }
}

async function startSubject(kind: Kind, scratch: Scratch, backend: Backend): Promise<Subject> {
  const location = await backend.createDatabase(kind)
  const { port } = await scratch.keep(startServer(kind, location))
  const ids = await populate(port, RECORDS)
  await backend.settle(location)
  return { port, ids }
}

/** The results of one operation, one each per round. */
type Measured = Readonly<Record<Kind, readonly LoadResult[]>>

async function measure(operation: Operation, subjects: Readonly<Record<Kind, Subject>>, options: Options): Promise<Measured> {
  const workloads: Readonly<Record<Kind, Workload>> = {
    ours: await operation.prepare(subjects.ours),
    bare: await operation.prepare(subjects.bare),
  }
  const load = (kind: Kind, seconds: number): Promise<LoadResult> =>
    runLoad({ port: subjects[kind].port, connections: operation.connections, seconds, workload: workloads[kind] })
  const results: Record<Kind, LoadResult[]> = { ours: [], bare: [] }
  for (const kind of KINDS) await load(kind, WARM_UP_SECONDS)
  for (let round = 0; round < options.rounds; round += 1) {
    for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) results[kind].push(await load(kind, options.seconds))
  }
  return results
}

/** The ratio is the median of the ratios of neighbours in time, which other work on the machine slows alike. */
function tableRow({ title, connections, targets }: Operation, { ours, bare }: Measured, backend: BackendName): string[] {
  const target = targets[backend]
  const middle = (results: readonly LoadResult[], of: (result: LoadResult) => number): number => median(results.map(of))
  const ratios = ours.map(({ perSecond }, round) => perSecond / (bare[round]?.perSecond ?? Number.NaN))
  const ratio = median(ratios)
  return [
    title,
    String(connections),
    whole(middle(bare, ({ perSecond }) => perSecond)),
    whole(middle(ours, ({ perSecond }) => perSecond)),
    `${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    target === undefined ? '–' : `≥ ${target}: ${ratio >= target ? 'met' : 'not met'}`,
    middle(ours, ({ p99 }) => p99).toFixed(1),
  ]
}

async function compare(scratch: Scratch, options: Options): Promise<void> {
  const backend = await openBackend(options.backend, scratch)
  const subjects = { ours: await startSubject('ours', scratch, backend), bare: await startSubject('bare', scratch, backend) }
  const rows: string[][] = []
  const rates = new Map<string, number>()
  let share = 0
  for (const operation of options.chosen) {
    const measured = await measure(operation, subjects, options)
    rows.push(tableRow(operation, measured, backend.name))
    rates.set(operation.name, median(measured.ours.map(({ perSecond }) => perSecond)))
    share = Math.max(share, ...[...measured.ours, ...measured.bare].map(({ generatorShare }) => generatorShare))
    process.stderr.write(`${operation.name} measured\n`)
  }
  const titles = ['operation', 'connections', 'bare req/s', 'ours req/s', 'ratio (least–most)', 'target', 'ours p99 ms']
  const method = `Medians of ${options.rounds} alternating rounds of ${options.seconds} s, the ratio that of their ratios`
  const generator = `load generator at most ${whole(share * 100)} % of a core`
  const hot = (rates.get('create64') ?? Number.NaN) / (rates.get('spread64') ?? Number.NaN)
  const own = Number.isNaN(hot) ? '' : `Ours creates ${hot.toFixed(2)} × as fast in one collection as over many.\n\n`
  if (rows.length > 0) process.stdout.write(`${markdownTable(titles, rows)}\n\n${own}`)
  if (options.mixed) process.stdout.write(`${mixedTable(await measureMixed(subjects, options))}\n\n`)
  process.stdout.write(`${method}; ${generator}. ${machineFacts(backend.facts)}\n`)
}

async function profile(scratch: Scratch, { backend: name, profile: operation, seconds }: Options): Promise<void> {
  if (operation === undefined) return
  const folder = join(scratch.folder, 'profiles')
  await mkdir(folder)
  const backend = await openBackend(name, scratch)
  const location = await backend.createDatabase('ours')
  const filling = await scratch.keep(startServer('ours', location))
  const ids = await populate(filling.port, RECORDS)
  await filling.stop()
  await backend.settle(location)
  const flags = `--cpu-prof --cpu-prof-interval=200 --cpu-prof-dir=${JSON.stringify(folder)}`
  const server = await scratch.keep(startServer('ours', location, { flags }))
  const workload = await operation.prepare({ port: server.port, ids })
  await runLoad({ port: server.port, connections: operation.connections, seconds: Math.max(seconds, 5), workload })
  await server.stop()
  for (const { thread, functions } of await selfTimes(folder, 25)) {
    const row = ({ name, place, milliseconds, share }: SelfTime): string[] => [
      name,
      place,
      whole(milliseconds),
      `${(share * 100).toFixed(1)} %`,
    ]
    process.stdout.write(`${thread}\n\n${markdownTable(['function', 'place', 'self ms', 'of busy'], functions.map(row))}\n\n`)
  }
}

const options = readCommandLine(readOptions, USAGE)
if (options !== undefined) {
  await withScratch((scratch) => (options.profile === undefined ? compare(scratch, options) : profile(scratch, options)))
}
