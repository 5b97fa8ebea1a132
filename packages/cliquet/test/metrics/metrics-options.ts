import type { MetricsOptions } from '../../src/index.ts'

/** What a driver is given by a service of that name. */
export function metricsOptions(given: {
  readonly project: string
  readonly statsdUrl?: string
  readonly statsdPrefix?: string
}): MetricsOptions {
  return {
    project: given.project,
    statsd: { url: given.statsdUrl, prefix: given.statsdPrefix },
    prometheus: { prefix: undefined, disabledMetrics: [], histogramBuckets: [0.01, 0.1, 1], createdMetricsEnabled: true },
    warn: (message) => {
      throw new Error(message)
    },
  }
}
