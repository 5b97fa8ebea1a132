import type { Clock } from '../../primitives/clock.ts'

/** Lets one thing pass of those that are alike. @returns how many were held back since the last one passed; undefined to be held back */
export type Throttle = (what: string) => number | undefined

/** How many things are told apart; the one that passed first is forgotten. */
const MOST = 100

/** Makes a throttle that lets one of a kind pass in `pause` ms. */
export function createThrottle(pause: number, clock: Clock): Throttle {
  const passed = new Map<string, { readonly at: number; held: number }>()
  return (what) => {
    const last = passed.get(what)
    const now = clock()
    if (last !== undefined && now - last.at < pause) {
      last.held += 1
      return undefined
    }
    passed.delete(what)
    const [first] = passed.keys()
    if (first !== undefined && passed.size >= MOST) passed.delete(first)
    passed.set(what, { at: now, held: 0 })
    return last?.held ?? 0
  }
}
