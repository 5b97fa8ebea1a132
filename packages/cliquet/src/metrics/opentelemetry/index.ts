import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { Metrics, MetricsOptions } from '../contract.ts'
import { createOpenTelemetryMetrics } from './metrics.ts'

/**
 * Makes the metrics of a service whose `metrics_backend` is `cliquet/metrics/opentelemetry`: those of the SDK that the process has set up before.
 * @throws ConfigurationError without `@opentelemetry/api`
 */
export async function createMetrics({ project }: MetricsOptions): Promise<Metrics> {
  const { metrics } = await loadApi()
  return createOpenTelemetryMetrics(metrics.getMeter('cliquet'), project)
}

async function loadApi(): Promise<typeof import('@opentelemetry/api')> {
  try {
    return await import('@opentelemetry/api')
  } catch (cause) {
    throw new ConfigurationError('OpenTelemetry needs the package "@opentelemetry/api": npm install @opentelemetry/api', { cause })
  }
}
