import type { HeldClock } from '../storage/conformance/index.ts'

/** Makes a clock that stands still, at 2023-11-14T22:13:20Z unless told otherwise, until it is moved. */
export function createHeldClock(start = 1_700_000_000_000): HeldClock {
  let time = start
  return Object.assign(() => time, {
    set(now: number): void {
      time = now
    },
    advance(ms: number): void {
      time += ms
    },
  })
}
