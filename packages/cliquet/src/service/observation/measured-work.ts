import { BackendError } from '../../errors/backend-error.ts'
import type { Labels, Metrics } from '../../metrics/contract.ts'
import type { Watch, WatchedWork } from './watch.ts'
import { watchBackends } from './watched-backends.ts'

/** Makes what looks at a service for these metrics. */
export function createWatch(metrics: Metrics): Watch {
  const work: WatchedWork = (name, labels) => (run) => measure(metrics, { name, labels }, run)
  return { work, ...watchBackends(work, metrics) }
}

async function measure<T>(
  metrics: Metrics,
  { name, labels }: { readonly name: string; readonly labels: Labels | undefined },
  run: () => Promise<T>,
): Promise<T> {
  const started = performance.now()
  try {
    return await run()
  } catch (error) {
    if (error instanceof BackendError) metrics.count(`${name}.errors`, { labels })
    throw error
  } finally {
    metrics.time(name, performance.now() - started, labels)
  }
}
