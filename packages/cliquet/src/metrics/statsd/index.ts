import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { Metrics, MetricsOptions } from '../contract.ts'
import { parseStatsdUrl } from './location.ts'
import { createStatsdMetrics } from './metrics.ts'

/** Makes the metrics of a service with a `statsd_url`. @throws ConfigurationError if it has none, or a wrong one */
export function createMetrics({ project, statsd, warn }: MetricsOptions): Metrics {
  if (statsd.url === undefined) throw new ConfigurationError('"statsd_url" is needed, as in udp://localhost:8125')
  return createStatsdMetrics({ ...parseStatsdUrl(statsd.url), prefix: statsd.prefix ?? project, warn })
}
