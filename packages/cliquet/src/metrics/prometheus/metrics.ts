import type { Registry } from 'prom-client'
import type { Labels, Metrics, MetricsOptions } from '../contract.ts'
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

const noLabels: Labels = {}

/** Makes metrics that are kept here until Prometheus asks for them. */
export function createPrometheusMetrics({ client, worker, project, prometheus, warn }: PrometheusOptions): Metrics {
  const registry = new client.Registry()
  const prefix = prefixOf(prometheus.prefix ?? project)
  const { disabledMetrics, histogramBuckets: buckets, createdMetricsEnabled: hasCreated } = prometheus
  const options: RecorderOptions = { client, registry, prefix, buckets, hasCreated, warn, disabled: new Set(disabledMetrics) }
  const [count, time, observe, gauge] = [counts(options), durations(options), sums(options), gauges(options)]
  const others = meetWorkers(prefix, () => snapshotOf(registry))
  let isClosed = false
  const isAmount = (value: number): boolean => !isClosed && value >= 0 && value < Number.POSITIVE_INFINITY

  return {
    count(name, { by = 1, labels = noLabels } = {}) {
      if (isAmount(by)) count(name, labels, by)
    },
    time(name, milliseconds, labels = noLabels) {
      if (isAmount(milliseconds)) time(name, labels, milliseconds)
    },
    observe(name, value, labels = noLabels) {
      if (isAmount(value)) observe(name, labels, value)
    },
    gauge(name, value, labels = noLabels) {
      if (!isClosed && Number.isFinite(value)) gauge(name, worker === undefined ? labels : { ...labels, worker }, value)
    },
    exposition: {
      capability: { prefix, disabled_metrics: disabledMetrics },
      contentType: client.prometheusContentType,
      async read() {
        if (others === undefined) return await registry.metrics()
        const snapshots = await others.gather()
        if (snapshots === undefined) return undefined
        return await client.AggregatorRegistry.aggregate([...snapshots]).metrics()
      },
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await others?.close()
    },
  }
}

async function snapshotOf(registry: Registry): Promise<Snapshot> {
  const families: unknown = await registry.getMetricsAsJSON()
  return families as Snapshot // the library's own type has numbers where it gives words
}
