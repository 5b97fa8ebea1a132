import type { Action, AnySubscriber, EventName, Subscriber } from './contract.ts'
import { eventName, type Phase } from './event.ts'

/** What an event is about. */
export interface Topic {
  readonly resourceName: string
  readonly action: Action
}

/** Who wants to be told of what. */
export interface Subscriptions {
  readonly isEmpty: boolean
  add(subscriber: AnySubscriber): void
  /** Those who want to be told of it, in the order of subscription. */
  to(event: EventName, topic?: Topic): readonly AnySubscriber[]
  /** Whether anybody wants to know before, or after, the commit that one of these actions happened to the resource. */
  isAwaited(phase: Phase, resourceName: string, actions: readonly Action[]): boolean
}

/** Makes an empty list of subscriptions. */
export function createSubscriptions(): Subscriptions {
  const subscribers: AnySubscriber[] = []
  return {
    get isEmpty() {
      return subscribers.length === 0
    },
    add: (subscriber) => void subscribers.push(subscriber),
    to: (event, topic) => subscribers.filter((subscriber) => wants(subscriber, event, topic)),
    isAwaited: (phase, resourceName, actions) =>
      actions.some((action) => subscribers.some((subscriber) => wants(subscriber, eventName(phase, action), { resourceName, action }))),
  }
}

function wants(subscriber: AnySubscriber, event: EventName, topic: Topic | undefined): boolean {
  if (subscriber.event !== event) return false
  if (topic === undefined) return true
  const { actions, resources }: Pick<Subscriber, 'actions' | 'resources'> = subscriber
  return (actions?.includes(topic.action) ?? true) && (resources?.includes(topic.resourceName) ?? true)
}
