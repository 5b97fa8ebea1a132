import type { Labels, Metrics } from './contract.ts'

/** Takes the measurements of a driver: finite numbers, and none below 0 but of gauges. */
export interface Takers {
  count(name: string, by: number, labels: Labels, unique: string | undefined): void
  time(name: string, milliseconds: number, labels: Labels): void
  observe(name: string, value: number, labels: Labels): void
  gauge(name: string, value: number, labels: Labels): void
  /** Called once; nothing comes after it. */
  close(): Promise<void>
}

const noLabels: Labels = {}

/** Metrics that drop what no driver can tell (M7), and whatever comes after their end (M9). */
export function guardMetrics(take: Takers): Metrics {
  let isClosed = false
  const isAmount = (value: number): boolean => !isClosed && value >= 0 && value < Number.POSITIVE_INFINITY
  return {
    count(name, { by = 1, labels = noLabels, unique } = {}) {
      if (isAmount(by)) take.count(name, by, labels, unique)
    },
    time(name, milliseconds, labels = noLabels) {
      if (isAmount(milliseconds)) take.time(name, milliseconds, labels)
    },
    observe(name, value, labels = noLabels) {
      if (isAmount(value)) take.observe(name, value, labels)
    },
    gauge(name, value, labels = noLabels) {
      if (!isClosed && Number.isFinite(value)) take.gauge(name, value, labels)
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await take.close()
    },
  }
}
