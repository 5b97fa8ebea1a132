import { LoadControl } from '../../src/http/load-control.ts'

/** A process with one thread, and who sends it requests. Times are ms. */
export interface Simulation {
  /** How long a request takes that is served. One that is refused takes a twentieth of it. */
  readonly cost: number
  readonly limit: number
  /** When requests arrive, in order. */
  readonly arrivals: readonly number[]
  /** When whoever was answered asks again; undefined: not any more. */
  readonly again?: (now: number) => number | undefined
  /** Pauses of the process: when they begin, and how long they are. */
  readonly pauses?: readonly { readonly at: number; readonly length: number }[]
  /** How long a call of the backends would wait, by the time. */
  readonly expectedWait?: (now: number) => number
}

/** A request: when it arrived, how long it took, whether it was refused, and whether it was asked to slow down. */
export interface Outcome {
  readonly at: number
  readonly took: number
  readonly refused: boolean
  readonly slowed: boolean
}

/** Runs it: each turn of the loop takes all that has arrived until it begins, in the order of arrival. */
export function simulate(simulation: Simulation): Outcome[] {
  const { cost, limit, arrivals, again = () => undefined, pauses = [], expectedWait = () => 0 } = simulation
  const outcomes: Outcome[] = []
  const waiting = [...arrivals]
  const left = [...pauses]
  let now = 0
  let after: (() => void)[] = []
  const control = new LoadControl({ limit, expectedWait: () => expectedWait(now), now: () => now, afterTurn: (work) => after.push(work) })

  function answer(at: number): void {
    const [pause] = left
    if (pause !== undefined && now >= pause.at) {
      now += pause.length
      left.shift()
    }
    const refused = !control.admits('read')
    now += refused ? cost / 20 : cost
    outcomes.push({ at, took: now - at, refused, slowed: control.isBusy })
    const next = again(now)
    if (next === undefined) return
    const later = waiting.findIndex((other) => other > next)
    waiting.splice(later < 0 ? waiting.length : later, 0, next)
  }

  for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
    now = Math.max(now, first)
    const later = waiting.findIndex((at) => at > now)
    for (const at of waiting.splice(0, later < 0 ? waiting.length : later)) answer(at)
    for (const work of after) work()
    after = []
  }
  return outcomes
}

/** Arrivals from many clients who know nothing of each other, so many per ms. `draw` gives numbers from 0 to 1. */
export function openArrivals(from: number, to: number, rate: number, draw: () => number): number[] {
  const arrivals: number[] = []
  for (let at = from; at < to; at += -Math.log(1 - draw()) / rate) arrivals.push(at)
  return arrivals
}
