import type { Labels, Metrics } from '../contract.ts'

/** How something was measured: the method's name. */
export type Kind = 'count' | 'time' | 'observe' | 'gauge'

/** What a driver has told of one metric with these labels. */
export interface Told {
  /** The sum (`count`, `time` in ms, `observe`), or the last value (`gauge`). */
  readonly total: number
  /** How many durations or values: of `time` and `observe` only. */
  readonly times?: number | undefined
}

/** What was told, to be looked up by what was measured. */
export type Lookup = (kind: Kind, name: string, labels?: Labels) => Told | undefined

/** A driver, and somebody who takes what it tells. */
export interface MetricsUnderTest {
  readonly metrics: Metrics
  /** Everything told; called once, after `close`. */
  told(): Promise<Lookup>
}

/** What a test is given. */
export interface MetricsTrial {
  /** Opens a driver for a project of that name; without `isHeard` nobody takes what it tells. Closed after the test. */
  open(project: string, options?: { readonly isHeard?: boolean }): Promise<MetricsUnderTest>
  /** Whether the driver counts different values (M6). */
  readonly knowsSets: boolean
}

/** One test of the suite. Its title starts with the promises it proves. */
export interface MetricsTest {
  readonly title: string
  run(trial: MetricsTrial): Promise<void>
}
