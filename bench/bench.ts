import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readCommandLine } from './command-line.ts'
import { type LoadResult, median, runLoad, type Workload } from './load.ts'
import { type Operation, operations, RECORDS, type Subject } from './operations.ts'
import { populate } from './population.ts'
import { type SelfTime, selfTimes } from './profile.ts'
import { machineFacts, markdownTable, whole } from './report.ts'
import { type Scratch, withScratch } from './scratch.ts'
import { type Kind, startServer } from './server-process.ts'

const USAGE = `npm run bench -- [--rounds N] [--seconds S] [--only get,list,poll,create]
npm run bench -- --profile get|list|poll|since|create|create64 [--seconds S]
`
const KINDS: readonly Kind[] = ['ours', 'bare']
const WARM_UP_SECONDS = 1

/** What was asked for on the command line. */
interface Options {
  readonly rounds: number
  readonly seconds: number
  readonly chosen: readonly Operation[]
  readonly profile: Operation | undefined
}

/** @returns undefined where it makes no sense */
function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string', default: 'get,list,poll,create' },
      profile: { type: 'string' },
    },
  })
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  const groups = values.only.split(',')
  const chosen = operations.filter(({ group }) => groups.includes(group))
  const profile = operations.find(({ name }) => name === values.profile)
  const isKnown = groups.every((name) => operations.some(({ group }) => group === name))
  if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0) || !isKnown) return undefined
  if (values.profile !== undefined && profile === undefined) return undefined
  return { rounds, seconds, chosen, profile }
}

async function startSubject(kind: Kind, scratch: Scratch): Promise<Subject> {
  const { port } = await scratch.keep(startServer(kind, join(scratch.folder, `${kind}.sqlite`)))
  return { port, ids: await populate(port, RECORDS) }
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
function tableRow({ title, connections, target }: Operation, { ours, bare }: Measured): string[] {
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
  const subjects = { ours: await startSubject('ours', scratch), bare: await startSubject('bare', scratch) }
  const rows: string[][] = []
  let share = 0
  for (const operation of options.chosen) {
    const measured = await measure(operation, subjects, options)
    rows.push(tableRow(operation, measured))
    share = Math.max(share, ...[...measured.ours, ...measured.bare].map(({ generatorShare }) => generatorShare))
    process.stderr.write(`${operation.name} measured\n`)
  }
  const titles = ['operation', 'connections', 'bare req/s', 'ours req/s', 'ratio (least–most)', 'target', 'ours p99 ms']
  const method = `Medians of ${options.rounds} alternating rounds of ${options.seconds} s, the ratio that of their ratios`
  const generator = `load generator at most ${whole(share * 100)} % of a core`
  process.stdout.write(`${markdownTable(titles, rows)}\n\n${method}; ${generator}. ${machineFacts()}\n`)
}

async function profile(scratch: Scratch, operation: Operation, seconds: number): Promise<void> {
  const file = join(scratch.folder, 'ours.sqlite')
  const folder = join(scratch.folder, 'profiles')
  await mkdir(folder)
  const filling = await scratch.keep(startServer('ours', file))
  const ids = await populate(filling.port, RECORDS)
  await filling.stop()
  const flags = `--cpu-prof --cpu-prof-interval=200 --cpu-prof-dir=${JSON.stringify(folder)}`
  const server = await scratch.keep(startServer('ours', file, flags))
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
  const { profile: profiled, seconds } = options
  await withScratch((scratch) => (profiled === undefined ? compare(scratch, options) : profile(scratch, profiled, seconds)))
}
