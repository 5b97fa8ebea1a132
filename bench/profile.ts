import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What V8 writes with `--cpu-prof`, as far as it is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  /** µs before each sample. */
  readonly timeDeltas: readonly number[]
}

/** How long one function ran itself, without those it called. */
export interface SelfTime {
  readonly name: string
  /** File and line. */
  readonly place: string
  readonly milliseconds: number
  /** Of the time in which the thread was not idle. */
  readonly share: number
}

/** One thread of the profiled process. */
export interface ThreadTimes {
  readonly thread: string
  /** Most expensive first. */
  readonly functions: readonly SelfTime[]
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The functions that ran longest, for each profile in a folder. */
export async function selfTimes(folder: string, count: number): Promise<ThreadTimes[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile')).sort()
  return Promise.all(
    names.map(async (name) => {
      const profile = JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile // V8's own format
      const thread = Number(name.split('.')[4]) === 0 ? 'Main thread' : `Thread ${Number(name.split('.')[4])}`
      return summarise(profile, thread, count)
    }),
  )
}

function summarise({ nodes, samples, timeDeltas }: CpuProfile, thread: string, count: number): ThreadTimes {
  const keys = new Map(nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName || '(anonymous)'}\n${placeOf(callFrame)}`]))
  const times = new Map<string, number>()
  let busy = 0
  for (const [index, sample] of samples.entries()) {
    const key = keys.get(sample) ?? ''
    if (key.startsWith('(idle)')) continue
    const milliseconds = (timeDeltas[index + 1] ?? 0) / 1000
    busy += milliseconds
    times.set(key, (times.get(key) ?? 0) + milliseconds)
  }
  const functions = [...times].toSorted(([, a], [, b]) => b - a).slice(0, count)
  return {
    thread: `${thread}: ${Math.round(busy)} ms busy`,
    functions: functions.map(([key, milliseconds]) => {
      const [name = '', place = ''] = key.split('\n')
      return { name, place, milliseconds, share: milliseconds / busy }
    }),
  }
}

function placeOf({ url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  if (url === '') return '(native)'
  return `${url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : url}:${lineNumber + 1}`
}
