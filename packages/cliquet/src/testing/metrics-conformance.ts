import type { MetricsTest, MetricsUnderTest } from '../metrics/conformance/index.ts'
import { metricsPromises, metricsTests } from '../metrics/conformance/index.ts'
import type { Gap } from './account.ts'
import { createOpened } from './lent.ts'
import type { Suite, SuiteTest } from './suite.ts'
import { register } from './suite.ts'

/** Opens a driver for a project of that name. `isHeard`: whether anybody takes what it tells; if not, `told` is never called. */
export type OpenMetrics = (options: { readonly project: string; readonly isHeard: boolean }) => Promise<MetricsUnderTest> | MetricsUnderTest

/** What an implementer lends to the suite. */
export interface MetricsConformanceOptions {
  /** Promises that the driver does not keep, each with its reason. */
  readonly gaps?: readonly Gap[] | undefined
  /** Whether `unique` counts different values; else it counts calls (M6). */
  readonly knowsSets?: boolean | undefined
}

async function run(test: MetricsTest, open: OpenMetrics, { knowsSets = false }: MetricsConformanceOptions): Promise<void> {
  const opened = createOpened()
  try {
    await test.run({
      knowsSets,
      async open(project, { isHeard = true } = {}) {
        const driver = await open({ project, isHeard })
        opened.keep(driver.metrics)
        return driver
      },
    })
  } finally {
    await opened.closeAll()
  }
}

/** The suite as data. */
export function metricsSuite(name: string, open: OpenMetrics, options: MetricsConformanceOptions = {}): Suite {
  const tests = metricsTests.map((test): SuiteTest => ({ title: test.title, run: () => run(test, open, options) }))
  return { contract: 'metrics', name, promises: metricsPromises, tests, gaps: options.gaps ?? [] }
}

/** Registers tests with `node:test` that prove every promise of `Metrics`; see `storageConformance`. */
export function metricsConformance(name: string, open: OpenMetrics, options: MetricsConformanceOptions = {}): void {
  register(metricsSuite(name, open, options))
}
