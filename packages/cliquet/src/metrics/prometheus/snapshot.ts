/** A number of a metric, told apart by its labels. */
export interface SnapshotValue {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  /** Of a histogram: the name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string
}

/** What one process has measured of one metric, as the driver's library writes it and processes send it to each other. */
export interface SnapshotFamily {
  readonly name: string
  readonly type: string
  /** How the values of several processes become one. */
  readonly aggregator: string
  readonly values: readonly SnapshotValue[]
}

/** Everything that one process has measured. */
export type Snapshot = readonly SnapshotFamily[]

/**
 * What is left of processes that have ended: what they counted. It must go on counting, or a sum over the processes would fall when one ends, and
 * whoever looks at its rate would take what the others have counted for new. What there is at a moment, a gauge, ends with the process.
 */
export function addEnded(left: Snapshot, ended: Snapshot): Snapshot {
  const families = new Map(left.map((family) => [family.name, family]))
  for (const family of ended) {
    const known = families.get(family.name)
    if (isCounted(family)) families.set(family.name, known === undefined ? family : joinFamilies(known, family))
  }
  return [...families.values()]
}

/** Times of beginning are gauges of which the least counts. */
const isCounted = ({ type, aggregator }: SnapshotFamily): boolean => type !== 'gauge' || aggregator === 'min'

function joinFamilies(one: SnapshotFamily, other: SnapshotFamily): SnapshotFamily {
  const values = new Map(one.values.map((value) => [keyOf(value), value]))
  for (const value of other.values) {
    const known = values.get(keyOf(value))
    const joined =
      known === undefined ? value.value : one.aggregator === 'min' ? Math.min(known.value, value.value) : known.value + value.value
    values.set(keyOf(value), { ...value, value: joined })
  }
  return { ...one, values: [...values.values()] }
}

const keyOf = ({ metricName, labels }: SnapshotValue): string => JSON.stringify([metricName, Object.entries(labels).sort()])
