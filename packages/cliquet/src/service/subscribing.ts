import type { ExplainedResource } from '../auth/inquiry.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { AnySubscriber, EventName, EventRecord, TransactionContext } from '../events/contract.ts'
import { createSubscriptions } from '../events/subscriptions.ts'
import { createTransactions } from '../http/transactions.ts'
import type { RecordOf } from '../resource/define.ts'
import type { AnySchema } from '../schema/fields.ts'
import { nearest } from './settings/nearest.ts'
import type { StartUp } from './startup/step.ts'

/** Names of resources: those that the type of the service knows, and any other, as plugins bring some. */
export type ResourceName<R> = (keyof R & string) | (string & {})

/** The records of the resources `N`, if the type of the service knows them. */
export type RecordIn<R, N> = N extends keyof R
  ? R[N] extends AnySchema
    ? RecordOf<R[N]> & { readonly last_modified: number }
    : EventRecord
  : EventRecord

declare module 'fastify' {
  interface FastifyInstance {
    /** Has somebody told of what happens to records. To be called before the app is ready. */
    subscribe(subscriber: AnySubscriber): FastifyInstance
  }
  interface FastifyRequest {
    /**
     * Does work in a transaction, which is committed at its end unless it throws. Where the request is part of one already, as in a batch, it is
     * that one, with its end. What it says by `notify` is told to subscribers in that transaction and after it.
     */
    transact<T>(work: (context: TransactionContext) => Promise<T>): Promise<T>
  }
}

/** The actions that each event can be about. */
const eventActions: Readonly<Record<EventName, readonly string[]>> = {
  ResourceChanged: ['create', 'update', 'delete'],
  AfterResourceChanged: ['create', 'update', 'delete'],
  ResourceRead: ['read'],
  AfterResourceRead: ['read'],
  ServerFlushed: [],
}

/** Makes the transactions of requests, and gives the app its `subscribe()`. `resources`: all of the service once it is ready. */
export function installEvents(start: StartUp, subscribers: readonly AnySubscriber[], resources: readonly ExplainedResource[]): void {
  const { app, settings, clock } = start
  const subscriptions = createSubscriptions()
  const namedBy = new Map<string, string>()
  let isStarted = false
  const subscribe = (subscriber: AnySubscriber, called = 'a subscriber'): void => {
    if (isStarted) throw new ConfigurationError(`a subscriber to ${subscriber.event} is added after the start of the service`)
    checkSubscriber(subscriber)
    for (const name of subscriber.resources ?? []) namedBy.set(name, called)
    subscriptions.add(subscriber)
  }
  const transactions = createTransactions({
    storage: start.need('storage'),
    permission: start.need('permission'),
    subscriptions,
    isEnabled: settings.transactionPerRequest,
    clock,
    onFailure: (err, { type, request }) => request.log.error({ err, event: type }, 'a subscriber has failed after the commit'),
  })
  app.decorate('subscribe', (subscriber: AnySubscriber) => {
    subscribe(subscriber)
    return app
  })
  app.decorateRequest('transact', function (work) {
    return transactions.ofView(this, work)
  })
  for (const subscriber of subscribers) subscribe(subscriber)
  start.provide('events', { ...transactions, subscribe })
  start.onPrepare(async () => {
    isStarted = true
    const known = resources.map(({ name }) => name)
    for (const [name, called] of namedBy) {
      if (known.includes(name)) continue
      const near = nearest(name, known)
      const told = `${called} names the resource "${name}", which the service does not have`
      // Views may tell of what only they know: it is a mistake only if it looks like one.
      if (near !== undefined) throw new ConfigurationError(`${told}: did you mean "${near}"?`)
      app.log.warn(told)
    }
  })
}

/** JavaScript knows no types. @throws ConfigurationError */
function checkSubscriber({ event, actions = [] }: AnySubscriber): void {
  const possible = eventActions[event]
  if (possible === undefined) throw new ConfigurationError(unknownWord('event', event, Object.keys(eventActions)))
  const wrong = actions.find((action) => !possible.includes(action))
  if (wrong !== undefined) throw new ConfigurationError(unknownWord(`action of ${event}`, wrong, possible))
}

function unknownWord(what: string, word: string, known: readonly string[]): string {
  const near = nearest(String(word), known)
  return `a subscriber names an unknown ${what}, "${word}": ${near === undefined ? `there are ${known.join(', ')}` : `did you mean "${near}"?`}`
}
