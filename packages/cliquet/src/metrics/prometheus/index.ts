import cluster from 'node:cluster'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { Metrics, MetricsOptions } from '../contract.ts'
import { createPrometheusMetrics } from './metrics.ts'
import type { PrometheusClient } from './recorders.ts'

/** Makes the metrics of a service whose `metrics_backend` is `cliquet/metrics/prometheus`. @throws ConfigurationError without `prom-client` */
export async function createMetrics(options: MetricsOptions): Promise<Metrics> {
  const client = await loadClient()
  return createPrometheusMetrics({ ...options, client, worker: cluster.worker?.id.toString() })
}

async function loadClient(): Promise<PrometheusClient> {
  try {
    return (await import('prom-client')).default
  } catch (cause) {
    throw new ConfigurationError('Prometheus needs the package "prom-client": npm install prom-client', { cause })
  }
}
