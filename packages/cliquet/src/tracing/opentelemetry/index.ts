import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { Tracing } from '../contract.ts'
import { createTracing } from './tracing.ts'

/**
 * Opens tracing by OpenTelemetry. Spans go to the SDK that the process has set up, also if it does so later.
 * @throws ConfigurationError without `@opentelemetry/api`
 */
export async function openTracing(): Promise<Tracing> {
  try {
    return createTracing(await import('@opentelemetry/api'))
  } catch (cause) {
    throw new ConfigurationError('tracing needs the package "@opentelemetry/api": npm install @opentelemetry/api', { cause })
  }
}
