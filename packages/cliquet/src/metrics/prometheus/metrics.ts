import type { Registry } from 'prom-client'
import type { Metrics, MetricsOptions } from '../contract.ts'
import { guardMetrics } from '../guarded.ts'
import { prefixOf } from './names.ts'
import { counts, durations, gauges, type PrometheusClient, type RecorderOptions, sums } from './recorders.ts'
import type { Snapshot } from './snapshot.ts'
import { meetWorkers } from './worker.ts'

/** How the driver is made. */
export interface PrometheusOptions extends Pick<MetricsOptions, 'project' | 'prometheus' | 'warn'> {
  readonly client: PrometheusClient
  /** Tells gauges of this process from those of others that serve the same port. */
  readonly worker: string | undefined
}

/** Makes metrics that are kept here until Prometheus asks for them. */
export function createPrometheusMetrics({ client, worker, project, prometheus, warn }: PrometheusOptions): Metrics {
  const registry = new client.Registry()
  const prefix = prefixOf(prometheus.prefix ?? project)
  const { disabledMetrics, histogramBuckets: buckets, createdMetricsEnabled: hasCreated } = prometheus
  const options: RecorderOptions = { client, registry, prefix, buckets, hasCreated, warn, disabled: new Set(disabledMetrics) }
  const gauge = gauges(options)
  const tellOnce = once(() =>
    warn('this is one of several processes, and nobody adds up what they have measured: start them with `cliquet start`'),
  )
  const others = meetWorkers(prefix, () => snapshotOf(registry))

  async function read(): Promise<string | undefined> {
    if (others === undefined) return await registry.metrics()
    const snapshots = await others.gather()
    if (snapshots === undefined) tellOnce()
    return snapshots && (await client.AggregatorRegistry.aggregate([...snapshots]).metrics())
  }

  return {
    ...guardMetrics({
      count: counts(options),
      time: durations(options),
      observe: sums(options),
      gauge: worker === undefined ? gauge : (name, value, labels) => gauge(name, value, { ...labels, worker }),
      close: async () => await others?.close(),
    }),
    exposition: { capability: { prefix, disabled_metrics: disabledMetrics }, contentType: client.prometheusContentType, read },
  }
}

async function snapshotOf(registry: Registry): Promise<Snapshot> {
  const families: unknown = await registry.getMetricsAsJSON()
  return families as Snapshot // the library's own type has numbers where it gives words
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) work()
    isDone = true
  }
}
