import { BackendError } from '../../errors/backend-error.ts'
import type { Labels, Metrics } from '../../metrics/contract.ts'
import { noMetrics } from '../../metrics/none/index.ts'
import type { SpanFacts, Tracing } from '../../tracing/contract.ts'
import { noWatch, type Watch, type Watched, type WatchedWork } from './watch.ts'
import { watchBackends } from './watched-backends.ts'

/** Makes what looks at a service for these metrics and traces; where there are neither it looks at nothing. */
export function createWatch(metrics: Metrics, tracing: Tracing | undefined): Watch {
  const isMeasured = metrics !== noMetrics
  if (!isMeasured && tracing === undefined) return noWatch
  const work: WatchedWork = (name, labels) => {
    const measured: Watched = isMeasured ? (run) => measure(metrics, { name, labels }, run) : (run) => run()
    if (tracing === undefined) return measured
    const span = [name, ...Object.values(labels ?? {})].join('.')
    const facts = factsOf(labels)
    return (run) => measured(() => tracing.run(span, facts, run))
  }
  return { work, ...watchBackends(work, metrics) }
}

/** Labels as a span has them. */
const factsOf = (labels: Labels = {}): SpanFacts =>
  Object.fromEntries(Object.entries(labels).map(([label, value]) => [`cliquet.${label}`, value]))

/** What is measured. */
interface Measured {
  readonly name: string
  readonly labels: Labels | undefined
}

async function measure<T>(metrics: Metrics, { name, labels }: Measured, run: () => Promise<T>): Promise<T> {
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
