import { type LoadResult, median, runLoad, WARM_UP_SECONDS, type Workload } from './load.ts'
import { operations, type Subject } from './operations.ts'
import { markdownTable, whole } from './report.ts'
import type { Kind } from './server-process.ts'

const READERS = 8
const WRITERS = 64
const TARGET = 0.7

/** Reads of one collection by themselves, and beside creations in another. */
interface Round {
  readonly alone: LoadResult
  readonly beside: LoadResult
  readonly writers: LoadResult
}

/** The rounds of each server. */
export type Mixed = Readonly<Record<Kind, readonly Round[]>>

/** Lets clients read single records, without and with others who create records in one collection. */
export async function measureMixed(
  subjects: Readonly<Record<Kind, Subject>>,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Mixed> {
  const results: Record<Kind, Round[]> = { ours: [], bare: [] }
  const loads = { ours: await loadsOf(subjects.ours), bare: await loadsOf(subjects.bare) }
  for (let round = -1; round < rounds; round += 1) {
    for (const kind of ['ours', 'bare'] as const) {
      const { read, write } = loads[kind]
      const length = round < 0 ? WARM_UP_SECONDS : seconds
      const alone = await read(length)
      const [beside, writers] = await Promise.all([read(length), write(length)])
      if (round >= 0) results[kind].push({ alone, beside, writers })
    }
  }
  return results
}

type Load = (seconds: number) => Promise<LoadResult>

async function loadsOf(subject: Subject): Promise<{ readonly read: Load; readonly write: Load }> {
  const load = async (name: string, connections: number): Promise<Load> => {
    const workload = (await operations.find((operation) => operation.name === name)?.prepare(subject)) as Workload // the names are known
    return (seconds) => runLoad({ port: subject.port, connections, seconds, workload })
  }
  return { read: await load('get', READERS), write: await load('create64', WRITERS) }
}

/** A row for each server. */
export function mixedTable({ ours, bare }: Mixed): string {
  const titles = [
    `${READERS} readers, and ${WRITERS} writers of one other collection`,
    'reads/s alone',
    'reads/s beside writers',
    'kept (least–most)',
    'target',
    'read p99 ms',
    'creates/s',
  ]
  return markdownTable(titles, [mixedRow('ours', ours, TARGET), mixedRow('bare', bare, undefined)])
}

function mixedRow(kind: Kind, rounds: readonly Round[], target: number | undefined): string[] {
  const middle = (of: (round: Round) => number): number => median(rounds.map(of))
  const ratios = rounds.map(({ alone, beside }) => beside.perSecond / alone.perSecond)
  const kept = median(ratios)
  return [
    kind,
    whole(middle(({ alone }) => alone.perSecond)),
    whole(middle(({ beside }) => beside.perSecond)),
    `${kept.toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    target === undefined ? '–' : `≥ ${target}: ${kept >= target ? 'met' : 'not met'}`,
    middle(({ beside }) => beside.p99).toFixed(1),
    whole(middle(({ writers }) => writers.perSecond)),
  ]
}
