/** A record, or (value null) a tombstone, and the timestamp of the write that made it so. */
export interface State {
  readonly stamp: number
  readonly value: string | null
}

/** What a service shows of a collection. */
export interface Sight {
  /** The collection's timestamp: its ETag. */
  readonly timestamp: number
  /** `Total-Records`. */
  readonly total: number
  /** Records and tombstones by id. */
  readonly states: ReadonlyMap<string, State>
}

/** A write that was sent; `id` is undefined where the service chooses it. */
export interface SentWrite {
  readonly id: string | undefined
  readonly value: string | null
}

/** What is wrong, counted. All zero: nothing. */
export interface Findings {
  /** Acknowledged writes that are not there. */
  lost: number
  /** Timestamps that have gone back: of the collection, or of a write behind one that was acknowledged or seen before. */
  backwards: number
  /** Timestamps that two writes have in common. */
  reused: number
  /** Records and tombstones that nobody has written. */
  invented: number
  /** Collections whose total is not the number of their records. */
  miscounted: number
}

/** Remembers what was written to one collection, and compares it with what is there. */
export interface Ledger {
  /** Ids that were acknowledged or seen, tombstones included. */
  ids(): readonly string[]
  /** To be called before a write is sent. */
  send(write: SentWrite): void
  /** The service has said that it has written. */
  acknowledge(write: SentWrite, id: string, stamp: number): void
  /** The service has said that it has not. A write that is neither acknowledged nor refused may have happened. */
  refuse(write: SentWrite): void
  /** How many writes are neither acknowledged nor refused. */
  pending(): number
  /** Compares, and goes on from what is there. */
  compare(sight: Sight): void
}

const keyOf = ({ id, value }: SentWrite): string => `${id ?? ''} ${value ?? ''}`

/** Makes the ledger of an empty collection; what is wrong is added to `findings`. */
export function createLedger(findings: Findings): Ledger {
  const known = new Map<string, State>()
  const sent = new Map<string, number>()
  const stamps = new Set<number>()
  let floor = 0
  let highest = 0

  const settle = (write: SentWrite): void => {
    const key = keyOf(write)
    const left = (sent.get(key) ?? 0) - 1
    if (left > 0) sent.set(key, left)
    else sent.delete(key)
  }
  const mayBeThere = (id: string, value: string | null): boolean =>
    sent.has(keyOf({ id, value })) || (value !== null && sent.has(keyOf({ id: undefined, value })))

  function compareStates(states: Sight['states']): void {
    for (const [id, { stamp, value }] of known) {
      const found = states.get(id)
      if (found?.stamp === stamp && found.value === value) continue
      if (found === undefined || found.stamp <= stamp || !mayBeThere(id, found.value)) findings.lost++
    }
    for (const [id, { value }] of states) if (!known.has(id) && !mayBeThere(id, value)) findings.invented++
  }

  return {
    ids: () => [...known.keys()],
    send: (write) => void sent.set(keyOf(write), (sent.get(keyOf(write)) ?? 0) + 1),
    acknowledge(write, id, stamp) {
      settle(write)
      if (stamp <= floor) findings.backwards++
      if (stamps.has(stamp)) findings.reused++
      stamps.add(stamp)
      highest = Math.max(highest, stamp)
      if (stamp > (known.get(id)?.stamp ?? 0)) known.set(id, { stamp, value: write.value })
    },
    refuse: settle,
    pending: () => [...sent.values()].reduce((sum, count) => sum + count, 0),
    compare({ timestamp, total, states }) {
      if (timestamp < Math.max(floor, highest)) findings.backwards++
      if (total !== [...states.values()].filter(({ value }) => value !== null).length) findings.miscounted++
      compareStates(states)
      known.clear()
      for (const [id, state] of states) known.set(id, state)
      sent.clear()
      floor = Math.max(floor, highest, timestamp)
    },
  }
}
