import type { Metrics } from '../contract.ts'

const nothing = (): void => {}

/** Measures nothing. What would measure may leave itself out where it finds this one. */
export const noMetrics: Metrics = { count: nothing, time: nothing, observe: nothing, gauge: nothing, close: async () => {} }

/** Makes the metrics of a service whose `metrics_backend` is `cliquet/metrics/none`. */
export const createMetrics = (): Metrics => noMetrics
