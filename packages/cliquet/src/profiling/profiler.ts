import { type Profiler as Inspector, Session } from 'node:inspector'

/** Takes CPU profiles of this thread, one at a time: samples of the stack of whatever runs, so those of concurrent requests are in it too. */
export interface Profiler {
  /** Stops the thread for as long as V8 needs to look through all the code that there is: tens of ms. */
  start(): void
  /** What was sampled since, in the form of DevTools (`.cpuprofile`). It stops the thread too: the longer, the more was sampled. */
  stop(): object
  /** Ends what runs. */
  close(): void
}

/** Makes one that takes a sample every so many µs. */
export function createProfiler(interval: number): Profiler {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval })
  return {
    start: () => session.post('Profiler.start'),
    stop() {
      let taken: object = {}
      // Of a session with its own thread it is called before `post` returns.
      session.post('Profiler.stop', (error, { profile }) => {
        if (error !== null) throw error
        taken = withoutProfiler(profile)
      })
      return taken
    },
    close: () => session.disconnect(),
  }
}

/** The profile without the samples at its beginning and its end that are of the profiler itself, and the time before its first one. */
export function withoutProfiler(profile: Inspector.Profile): Inspector.Profile {
  const { nodes, samples = [], timeDeltas = [], startTime } = profile
  const own = profilerNodes(nodes)
  const isForeign = (id: number): boolean => !own.has(id)
  const first = samples.findIndex(isForeign)
  if (first < 0) return profile
  const end = samples.findLastIndex(isForeign) + 1
  const kept = samples.slice(first, end)
  const hits = new Map<number, number>()
  for (const id of kept) hits.set(id, (hits.get(id) ?? 0) + 1)
  const timeOf = (place: number): number => timeDeltas.slice(0, place + 1).reduce((sum, delta) => sum + delta, startTime)
  return {
    nodes: nodes.map((node) => ({ ...node, hitCount: hits.get(node.id) ?? 0 })),
    startTime: timeOf(first),
    endTime: timeOf(end - 1),
    samples: kept,
    timeDeltas: [0, ...timeDeltas.slice(first + 1, end)],
  }
}

/** The ids of calls of the inspector, and of what they call. */
function profilerNodes(nodes: readonly Inspector.ProfileNode[]): ReadonlySet<number> {
  const own = new Set<number>()
  // Who is called comes behind who calls.
  for (const { id, callFrame, children = [] } of nodes) {
    if (callFrame.url !== 'node:inspector' && !own.has(id)) continue
    for (const one of [id, ...children]) own.add(one)
  }
  return own
}
