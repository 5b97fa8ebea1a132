import type { Action, AnyResourceEvent, Happening } from './contract.ts'
import { type Phase, resourceEvent } from './event.ts'
import type { Subscriptions } from './subscriptions.ts'

/** What happened in one transaction, until subscribers are told of it. */
export interface EventQueue {
  /** Whether anybody wants to know that this happened to the resource. */
  isAwaited(resourceName: string, action: Action): boolean
  /** Takes note of it if anybody wants to know. */
  add(happening: Happening): void
  /** The events of the next round before the commit: what was added since the last one. */
  nextRound(): readonly AnyResourceEvent[]
  /** The events after the commit: all that was ever added (E7). */
  all(): readonly AnyResourceEvent[]
}

/** Makes an empty queue. */
export function createEventQueue(subscriptions: Subscriptions): EventQueue {
  let round: Groups = new Map()
  const whole: Groups = new Map()
  const isAwaited = (phase: Phase, { resourceName, action }: Pick<Happening, 'resourceName' | 'action'>): boolean =>
    subscriptions.isAwaited(phase, resourceName, [action])
  return {
    isAwaited: (resourceName, action) => isAwaited('before', { resourceName, action }) || isAwaited('after', { resourceName, action }),
    add(happening) {
      if (isAwaited('before', happening)) extend(round, happening)
      if (isAwaited('after', happening)) extend(whole, happening)
    },
    nextRound() {
      const events = eventsOf('before', round)
      round = new Map()
      return events
    },
    all: () => eventsOf('after', whole),
  }
}

/** What is told in one event (E1). */
interface Group {
  readonly first: Happening
  readonly impacted: Happening['impacted'][number][]
  timestamp: number
}

type Groups = Map<string, Group>

function extend(groups: Groups, happening: Happening): void {
  const { action, resourceName, parentId, uri, userId, timestamp, impacted } = happening
  const key = JSON.stringify([action, resourceName, parentId, uri, userId])
  const group = groups.get(key)
  if (group === undefined) {
    groups.set(key, { first: happening, impacted: [...impacted], timestamp })
    return
  }
  for (const entry of impacted) group.impacted.push(entry)
  group.timestamp = Math.max(group.timestamp, timestamp)
}

const eventsOf = (phase: Phase, groups: Groups): readonly AnyResourceEvent[] =>
  [...groups.values()].map(({ first, impacted, timestamp }) => resourceEvent(phase, { ...first, impacted, timestamp }))
