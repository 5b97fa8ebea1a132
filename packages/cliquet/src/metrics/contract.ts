/**
 * What measurements of one metric are told apart by: name → value. All calls about a metric give the same names, in the same order. Values are
 * few: each combination is kept, so an endpoint is one and a path is none.
 */
export type Labels = Readonly<Record<string, string>>

/** How something is counted. */
export interface CountOptions {
  /** How much is added, ≥ 0; 1 unless given. */
  readonly by?: number | undefined
  readonly labels?: Labels | undefined
  /** Counts how many different values there are, such as user ids, where the driver can (M6). */
  readonly unique?: string | undefined
}

/** What Prometheus reads of a driver (R2.9). */
export interface Exposition {
  /** What hello tells of it under `capabilities.prometheus`. */
  readonly capability: { readonly prefix: string; readonly disabled_metrics: readonly string[] }
  readonly contentType: string
  /** Everything measured so far, by all processes that share the port; undefined if that can't be told. Never throws. */
  read(): Promise<string | undefined>
}

/**
 * Measures. Every promise is proven by `conformance/` on every driver; a gap is declared with its reason.
 *
 * Names are words with `_` and, between parts, `.`: `backend.storage`. Units are not part of them: drivers add what their world expects.
 *
 * - M1. `count` adds up, per name and labels.
 * - M2. `time` tells a duration: how many there were and their sum are right, and each is kept as close as the driver's buckets allow.
 * - M3. `observe` does the same for sizes and other values that are no durations.
 * - M4. Of a `gauge` the last value counts.
 * - M5. Measurements that differ in name or labels never mix, if they differ in more than characters that a driver must replace: those other than
 *   letters, digits, `_` and `-`. A value without any character may be told as `_`.
 * - M6. With `unique`, a driver that knows sets counts each value once; any other counts the calls.
 * - M7. No call ever throws or waits, whatever it is given: a name of no character that the driver can take, a value that is no finite number, a
 *   name that was another kind of metric before, other labels than before. What can't be told is dropped, alone.
 * - M8. Nobody who takes the measurements is no error, and no measurement makes one later.
 * - M9. `close` tells what is not told yet. A second one does nothing, calls after it are dropped.
 * - M10. Two of a driver in one process never meet, unless the names that go before their metrics are the same.
 */
export interface Metrics {
  count(name: string, options?: CountOptions): void
  /** @param milliseconds how long something took, ≥ 0 */
  time(name: string, milliseconds: number, labels?: Labels): void
  observe(name: string, value: number, labels?: Labels): void
  gauge(name: string, value: number, labels?: Labels): void
  /** Only of drivers that are asked for their measurements. */
  readonly exposition?: Exposition | undefined
  close(): Promise<void>
}

/** What the module of a driver is given: `metrics_backend = some-module` calls its `createMetrics(options)`, which may return a promise. */
export interface MetricsOptions {
  /** Name of the project: goes before the names of metrics unless a setting says otherwise. */
  readonly project: string
  /** Settings whose names begin with `statsd_`. */
  readonly statsd: {
    /** `udp://HOST:PORT` */
    readonly url: string | undefined
    readonly prefix: string | undefined
  }
  /** Settings whose names begin with `prometheus_`. */
  readonly prometheus: {
    readonly prefix: string | undefined
    /** Names of metrics, with or without the prefix. */
    readonly disabledMetrics: readonly string[]
    /** Bounds of the buckets of histograms: seconds, of durations. */
    readonly histogramBuckets: readonly number[]
    readonly createdMetricsEnabled: boolean
  }
  /** Tells the operator, once for each thing that is wrong. */
  readonly warn: (message: string) => void
}
