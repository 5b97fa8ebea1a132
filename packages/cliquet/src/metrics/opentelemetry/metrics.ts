import type { Attributes, Meter } from '@opentelemetry/api'
import type { Labels, Metrics } from '../contract.ts'
import { describeMetric } from '../descriptions.ts'

/** Takes values of metrics of one kind. */
type Recorder = (name: string, value: number, attributes: Attributes | undefined) => void

/** Makes metrics that are told to a meter, under the name of the project. */
export function createOpenTelemetryMetrics(meter: Meter, project: string): Metrics {
  const prefix = cleanName(project)
  /** Instruments are made when something is first measured by them. */
  function recorder<I>(
    make: (name: string, description: string) => I,
    take: (instrument: I, value: number, labels: Attributes) => void,
  ): Recorder {
    const instruments = new Map<string, I>()
    return (name, value, attributes = {}) => {
      let instrument = instruments.get(name)
      if (instrument === undefined) {
        instrument = make(`${prefix}.${cleanName(name)}`, describeMetric(name))
        instruments.set(name, instrument)
      }
      take(instrument, value, attributes)
    }
  }

  const count = recorder(
    (name, description) => meter.createCounter(name, { description }),
    (counter, value, attributes) => counter.add(value, attributes),
  )
  const time = recorder(
    (name, description) => meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: bounds } }),
    (histogram, value, attributes) => histogram.record(value / 1000, attributes),
  )
  const observe = recorder(
    (name, description) => meter.createHistogram(name, { description }),
    (histogram, value, attributes) => histogram.record(value, attributes),
  )
  const gauge = recorder(
    (name, description) => meter.createGauge(name, { description }),
    (instrument, value, attributes) => instrument.record(value, attributes),
  )

  let isClosed = false
  const isAmount = (value: number): boolean => !isClosed && value >= 0 && value < Number.POSITIVE_INFINITY
  return {
    count(name, { by = 1, labels } = {}) {
      if (isAmount(by)) count(name, by, labels)
    },
    time(name, milliseconds, labels?: Labels) {
      if (isAmount(milliseconds)) time(name, milliseconds, labels)
    },
    observe(name, value, labels) {
      if (isAmount(value)) observe(name, value, labels)
    },
    gauge(name, value, labels) {
      if (!isClosed && Number.isFinite(value)) gauge(name, value, labels)
    },
    async close() {
      // What was told is the SDK's to send; it outlives the service.
      isClosed = true
    },
  }
}

/** Those that the conventions advise for the durations of requests, s. The SDK's own are for milliseconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Names begin with a letter and have 255 characters at most. */
function cleanName(text: string): string {
  const clean = text.replace(/[^\w./-]/g, '_').slice(0, 120)
  return /^[A-Za-z]/.test(clean) ? clean : `m${clean}`
}
