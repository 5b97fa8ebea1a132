import type { AnyResourceEvent, Service } from '../../src/index.ts'
import { principalOf } from '../resource/http/scenario.ts'

/** Remembers what subscribers were told, user by user. */
export interface Recorder {
  /** Subscribes to every event about records. */
  listenTo(service: Pick<Service, 'subscribe'>): void
  /** What was told of that user since the last time it was asked. */
  take(user: string): readonly AnyResourceEvent[]
}

/** Makes a recorder that has heard of nothing. */
export function createRecorder(): Recorder {
  const told = new Map<string | undefined, AnyResourceEvent[]>()
  const run = (event: AnyResourceEvent): void => {
    const known = told.get(event.userId) ?? []
    told.set(event.userId, [...known, event])
  }
  return {
    listenTo(service) {
      service
        .subscribe({ event: 'ResourceChanged', run })
        .subscribe({ event: 'ResourceRead', run })
        .subscribe({ event: 'AfterResourceChanged', run })
        .subscribe({ event: 'AfterResourceRead', run })
    },
    take(user) {
      const events = told.get(principalOf(user)) ?? []
      told.delete(principalOf(user))
      return events
    },
  }
}

/** An event as tests compare it: without what differs from request to request. */
export const outline = ({ type, action, resourceName, uri, impacted }: AnyResourceEvent) => ({ type, action, resourceName, uri, impacted })

/** What happened, in short: `ResourceChanged create 2`, with how many records. */
export const inShort = (events: readonly AnyResourceEvent[]): readonly string[] =>
  events.map(({ type, action, impacted }) => `${type} ${action} ${impacted.length}`)
