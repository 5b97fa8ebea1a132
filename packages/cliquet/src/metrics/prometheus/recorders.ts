import type { Registry } from 'prom-client'
import type { Labels } from '../contract.ts'
import { describeMetric } from '../descriptions.ts'
import { cleanName, isDisabled } from './names.ts'

/** The library, loaded when it is needed. */
export type PrometheusClient = typeof import('prom-client')

/** Takes values of metrics of one kind. What the library can't take is dropped. */
export type Recorder = (name: string, value: number, labels: Labels) => void

/** What the metrics of a service have in common. */
export interface RecorderOptions {
  readonly client: PrometheusClient
  readonly registry: Registry
  readonly prefix: string
  /** Names of metrics that are left out, with or without prefix and suffix. */
  readonly disabled: ReadonlySet<string>
  /** Bounds of durations, s. */
  readonly buckets: readonly number[]
  /** Whether there is a metric that tells since when one is counted. */
  readonly hasCreated: boolean
  readonly warn: (message: string) => void
}

/** Takes values of one metric. */
type Taker = (value: number, labels: Labels) => void

interface Shape {
  readonly name: string
  readonly help: string
  readonly labelNames: string[]
  readonly registers: Registry[]
}

interface Kind {
  /** After the name, where it is not there already. */
  readonly suffix: string
  readonly make: (shape: Shape) => Taker
  /** Whether values add up, from a beginning. */
  readonly isCounted: boolean
}

/** Takes increments of counters. */
export const counts = (options: RecorderOptions): Recorder =>
  createRecorder(options, {
    suffix: '_total',
    isCounted: true,
    make(shape) {
      const counter = new options.client.Counter(shape)
      return (value, labels) => counter.inc(labels, value)
    },
  })

/** Takes durations, ms. */
export const durations = (options: RecorderOptions): Recorder =>
  createRecorder(options, {
    suffix: '_seconds',
    isCounted: true,
    make(shape) {
      const histogram = new options.client.Histogram({ ...shape, buckets: [...options.buckets] })
      return (value, labels) => histogram.observe(labels, value / 1000)
    },
  })

/** Takes other values, of which the number and the sum are kept: quantiles that the library can tell are of one process and cost four times more. */
export const sums = (options: RecorderOptions): Recorder =>
  createRecorder(options, {
    suffix: '',
    isCounted: true,
    make(shape) {
      const histogram = new options.client.Histogram({ ...shape, buckets: [] })
      return (value, labels) => histogram.observe(labels, value)
    },
  })

/** Takes what there is at a moment. */
export const gauges = (options: RecorderOptions): Recorder =>
  createRecorder(options, {
    suffix: '',
    isCounted: false,
    make(shape) {
      const gauge = new options.client.Gauge(shape)
      return (value, labels) => gauge.set(labels, value)
    },
  })

function createRecorder(options: RecorderOptions, kind: Kind): Recorder {
  const takers = new Map<string, Taker>()
  return (name, value, labels) => {
    let take = takers.get(name)
    if (take === undefined) {
      take = createTaker(options, kind, name, labels)
      takers.set(name, take)
    }
    try {
      take(value, labels)
    } catch {
      // Another label than before, of which there is no place to keep it.
    }
  }
}

/** Takes nothing of a metric that is left out, or that can't be: that is told, once. */
function createTaker(options: RecorderOptions, kind: Kind, name: string, labels: Labels): Taker {
  const { prefix, disabled, warn, registry } = options
  const base = cleanName(name)
  const suffix = base.endsWith(kind.suffix) ? '' : kind.suffix
  if (isDisabled(disabled, prefix, base, suffix)) return () => {}
  const shape = { name: prefix + base + suffix, help: describeMetric(name), labelNames: Object.keys(labels), registers: [registry] }
  try {
    const take = kind.make(shape)
    if (!kind.isCounted || !options.hasCreated) return take
    return withCreated(options, { ...shape, name: `${shape.name.replace(/_total$/, '')}_created` }, take)
  } catch (error) {
    warn(`the metric ${JSON.stringify(name)} is left out: ${error instanceof Error ? error.message : error}`)
    return () => {}
  }
}

/** Takes note of when each combination of labels was first seen, too. */
function withCreated({ client }: RecorderOptions, shape: Shape, take: Taker): Taker {
  const gauge = new client.Gauge({ ...shape, help: `When it began to be counted, seconds since 1970: ${shape.help}`, aggregator: 'min' })
  const seen = new Set<string>()
  let last: Labels | undefined
  return (value, labels) => {
    take(value, labels)
    // The same object as before is the same combination.
    if (labels === last) return
    last = labels
    let key = ''
    for (const label in labels) key += `${labels[label]}\0`
    if (seen.has(key)) return
    seen.add(key)
    gauge.set(labels, Date.now() / 1000)
  }
}
