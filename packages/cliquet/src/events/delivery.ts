import {
  type AnyResourceEvent,
  type AnySubscriber,
  type Events,
  MAX_ROUNDS,
  type Notice,
  type Sessions,
  type TransactionContext,
} from './contract.ts'
import type { EventQueue } from './queue.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Subscribers cause events in every round: it would never end (E7). */
export class EndlessEvents extends Error {
  override readonly name = 'EndlessEvents'

  constructor({ resourceName, action }: Pick<AnyResourceEvent, 'resourceName' | 'action'>) {
    super(`after ${MAX_ROUNDS} rounds subscribers still cause events: ${action} of ${resourceName}`)
  }
}

/** Who does something in a transaction. */
export type Actor = Pick<AnyResourceEvent, 'userId' | 'request'>

/** What works in a transaction for somebody. */
export const transactionContext = (sessions: Sessions, queue: EventQueue | undefined, actor: Actor): TransactionContext => ({
  ...sessions,
  notify: (notice) => addNotice(queue, notice, actor),
})

/** Tells of everything in the queue before the commit, and of what is added meanwhile (E2, E6, E7). */
export async function deliverBefore(queue: EventQueue, subscriptions: Subscriptions, sessions: Sessions): Promise<void> {
  for (let round = 0; ; round += 1) {
    const events = queue.nextRound()
    const [first] = events
    if (first === undefined) return
    if (round === MAX_ROUNDS) throw new EndlessEvents(first)
    for (const event of events) {
      const context = transactionContext(sessions, queue, event)
      for (const subscriber of subscriptions.to(event.type, event)) await run(subscriber, event, context)
    }
  }
}

/** Is told which subscriber has failed after the commit. */
export type OnFailure = (error: unknown, event: Events[keyof Events]) => void

/** Tells of events after the commit (E3). Never fails. */
export async function deliverAfter(
  events: readonly Events[keyof Events][],
  subscriptions: Subscriptions,
  sessions: Sessions,
  onFailure: OnFailure,
): Promise<void> {
  for (const event of events) {
    for (const subscriber of subscriptions.to(event.type, event.type === 'ServerFlushed' ? undefined : event)) {
      try {
        await run(subscriber, event, sessions)
      } catch (error) {
        onFailure(error, event)
      }
    }
  }
}

const run = async (subscriber: AnySubscriber, event: Events[keyof Events], context: Sessions): Promise<void> =>
  await subscriber.run(event as never, context as never) // it has subscribed to that event, and the context is that of the event

function addNotice(queue: EventQueue | undefined, notice: Notice, { userId, request }: Actor): void {
  const written = notice.action === 'read' ? notice.impacted : notice.impacted.map((entry) => entry.new)
  if (written.length === 0) return
  const timestamp = written.reduce((newest, { last_modified: own }) => Math.max(newest, own), 0)
  queue?.add({ ...notice, parameters: notice.parameters ?? {}, timestamp, userId, request })
}
