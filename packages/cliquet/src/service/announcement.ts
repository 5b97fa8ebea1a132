import { channel, subscribe } from 'node:diagnostics_channel'
import type { ServicePlan } from './plan.ts'

/** Of all copies of the package in a thread. */
const CHANNEL = 'cliquet.service'

/** A service that was made, or is about to be installed in an application, and has not started. */
export interface AnnouncedService {
  /** What `createService` gives; undefined in an application of its own. */
  readonly service: object | undefined
  /** What it would start with. It can't be started any more then. Unknown of one in an application, which adds its resources later. */
  readonly plan: (() => Promise<ServicePlan>) | undefined
  /** Keeps it from starting: who wants to start it waits for ever. `onStart` is called when somebody does. */
  holdBack(onStart: () => void): void
}

/** Tells the tools of this thread of a service. @returns what a start has to wait for: nothing, unless one of them holds it back */
export function announce(made: Pick<AnnouncedService, 'service' | 'plan'>): () => Promise<never> | undefined {
  let held: (() => void) | undefined
  const announced: AnnouncedService = {
    ...made,
    holdBack(onStart) {
      held = onStart
    },
  }
  channel(CHANNEL).publish(announced)
  return () => {
    if (held === undefined) return undefined
    held()
    return new Promise(() => {})
  }
}

/** Calls the listener for each service that is made in this thread from now on. */
export const onAnnouncement = (listener: (announced: AnnouncedService) => void): void =>
  subscribe(CHANNEL, (message) => listener(message as AnnouncedService)) // what `announce` publishes
