import type { Attributes, Meter } from '@opentelemetry/api'
import type { Metrics } from '../contract.ts'
import { describeMetric } from '../descriptions.ts'
import { guardMetrics } from '../guarded.ts'

/** Those that the conventions advise for the durations of requests, s. The SDK's own are for milliseconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Takes values of metrics of one kind. */
type Recorder = (name: string, value: number, attributes: Attributes) => void

/** Makes metrics that are told to a meter, under the name of the project. What was told is the SDK's to send; it outlives the service. */
export function createOpenTelemetryMetrics(meter: Meter, project: string): Metrics {
  const prefix = cleanName(project)
  /** `make` makes what takes the values of one metric, when the first of them comes. */
  function recorder(make: (name: string, description: string) => (value: number, attributes: Attributes) => void): Recorder {
    const takers = new Map<string, ReturnType<typeof make>>()
    return (name, value, attributes) => {
      let take = takers.get(name)
      if (take === undefined) {
        take = make(`${prefix}.${cleanName(name)}`, describeMetric(name))
        takers.set(name, take)
      }
      take(value, attributes)
    }
  }

  return guardMetrics({
    count: recorder((name, description) => {
      const counter = meter.createCounter(name, { description })
      return (value, attributes) => counter.add(value, attributes)
    }),
    time: recorder((name, description) => {
      const histogram = meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: BOUNDS } })
      return (value, attributes) => histogram.record(value / 1000, attributes)
    }),
    observe: recorder((name, description) => {
      const histogram = meter.createHistogram(name, { description })
      return (value, attributes) => histogram.record(value, attributes)
    }),
    gauge: recorder((name, description) => {
      const gauge = meter.createGauge(name, { description })
      return (value, attributes) => gauge.record(value, attributes)
    }),
    close: async () => {},
  })
}

/** Names begin with a letter and have 255 characters at most. */
function cleanName(text: string): string {
  const clean = text.replace(/[^\w./-]/g, '_').slice(0, 120)
  return /^[A-Za-z]/.test(clean) ? clean : `m${clean}`
}
