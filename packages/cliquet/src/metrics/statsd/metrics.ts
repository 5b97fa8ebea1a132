import type { Labels, Metrics } from '../contract.ts'
import { guardMetrics } from '../guarded.ts'
import type { StatsdLocation } from './location.ts'
import { cleanName, cleanPart, plainHeadings, taggedHeadings } from './names.ts'
import { StatsdSender } from './sender.ts'

/** How the driver is made. */
export interface StatsdOptions extends StatsdLocation {
  /** Goes before the names, and a dot after it. */
  readonly prefix: string
  readonly warn: (message: string) => void
}

/** Beyond that a number has an exponent, which not every server reads. */
const LARGEST = 1e15

/** Makes metrics that are sent to a StatsD server: `bookmarks.view.bookmark-record.GET:1|c`. */
export function createStatsdMetrics({ prefix, warn, ...location }: StatsdOptions): Metrics {
  const sender = new StatsdSender(location, warn)
  const headings = (location.tagged ? taggedHeadings : plainHeadings)(cleanName(prefix))
  const send = (name: string, value: string | number, type: string, labels: Labels): void => {
    for (const heading of headings(name, labels)) sender.add(`${heading.name}:${value}|${type}${heading.tags}`)
  }
  const sendAmount = (name: string, value: number, type: string, labels: Labels): void => {
    if (value < LARGEST) send(name, rounded(value), type, labels)
  }
  return guardMetrics({
    count(name, by, labels, unique) {
      if (unique !== undefined) send(name, cleanPart(unique), 's', labels)
      else if (by > 0) sendAmount(name, by, 'c', labels)
    },
    time: (name, milliseconds, labels) => sendAmount(name, milliseconds, 'ms', labels),
    // Servers without tags know one kind of distribution; the name says that these are no milliseconds.
    observe: (name, value, labels) => sendAmount(name, value, location.tagged ? 'h' : 'ms', labels),
    gauge(name, value, labels) {
      if (Math.abs(value) >= LARGEST) return
      // A gauge with a sign is a change of the last value, but for servers with tags.
      if (value < 0 && !location.tagged) send(name, 0, 'g', labels)
      send(name, rounded(value), 'g', labels)
    },
    close: () => sender.close(),
  })
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000 + 0
