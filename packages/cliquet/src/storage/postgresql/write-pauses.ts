import { performance } from 'node:perf_hooks'

/** Fewer writes at once leave enough to others. */
const CROWD = 4

/** From this share of its time on the event loop keeps others waiting. */
const BUSY = 0.5

/** How many times as long as a group took others then have the process. */
const SHARE = 8

/** ms */
const LONGEST_PAUSE = 50

const none = (): number => 0

/**
 * Keeps a collection that many write to at once from taking the process from everybody else: where there is no time for both, it waits after each
 * group of writes for eight times as long as the group took, 50 ms at most. By itself, or where there is time, it never waits.
 */
export class WritePauses {
  readonly #statements: () => number

  /** @param statements how many statements were sent to the database so far, by whomever */
  constructor(statements: () => number) {
    this.#statements = statements
  }

  /** Called before a group of so many writes, of one statement. @returns to be called after it: how long to wait, ms */
  begin(size: number): () => number {
    if (size < CROWD) return none
    const start = performance.now()
    const sent = this.#statements()
    const loop = performance.eventLoopUtilization()
    return () => {
      const others = this.#statements() - sent - 1
      const { utilization } = performance.eventLoopUtilization(loop)
      return others > 0 && utilization >= BUSY ? Math.min(LONGEST_PAUSE, SHARE * (performance.now() - start)) : 0
    }
  }
}
