import type { Metrics } from './contract.ts'

/** Tells every measurement to each of these drivers. The exposition is that of the first that has one. */
export function combineMetrics(drivers: readonly Metrics[]): Metrics {
  return {
    count(name, options) {
      for (const driver of drivers) driver.count(name, options)
    },
    time(name, milliseconds, labels) {
      for (const driver of drivers) driver.time(name, milliseconds, labels)
    },
    observe(name, value, labels) {
      for (const driver of drivers) driver.observe(name, value, labels)
    },
    gauge(name, value, labels) {
      for (const driver of drivers) driver.gauge(name, value, labels)
    },
    exposition: drivers.find(({ exposition }) => exposition !== undefined)?.exposition,
    async close() {
      await Promise.all(drivers.map((driver) => driver.close()))
    },
  }
}
