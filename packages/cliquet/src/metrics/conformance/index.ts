import { enduringTests } from './enduring.ts'
import { measuringTests } from './measuring.ts'
import type { MetricsTest } from './trial.ts'

/** The numbers of the promises of `Metrics`. */
export const metricsPromises: readonly string[] = Array.from({ length: 10 }, (_, i) => `M${i + 1}`)

/** The tests of all promises. */
export const metricsTests: readonly MetricsTest[] = [...measuringTests, ...enduringTests]

export type { Kind, Lookup, MetricsTest, MetricsTrial, MetricsUnderTest, Told } from './trial.ts'
