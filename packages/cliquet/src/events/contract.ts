import type { FastifyRequest } from 'fastify'
import type { PermissionSession } from '../permission/contract.ts'
import type { JsonObject } from '../primitives/json.ts'
import type { MemberSettings } from '../primitives/member-settings.ts'
import type { Transaction } from '../primitives/transaction.ts'
import type { StorageSession } from '../storage/contract.ts'

/** What can change a record. */
export type ChangeAction = 'create' | 'update' | 'delete'

/** What can be done to records. */
export type Action = ChangeAction | 'read'

/** A record with all its fields; its permissions are not among them. */
export interface EventRecord extends JsonObject {
  readonly id: string
  /** ms */
  readonly last_modified: number
}

/** What remains of a deleted record. */
export interface EventTombstone extends JsonObject {
  readonly id: string
  /** ms: when it was deleted. */
  readonly last_modified: number
  readonly deleted: true
}

/** What an event tells of one record, by action. A list that is read for its changes has tombstones, too. */
export interface Impacted<R = EventRecord> {
  readonly create: { readonly new: R }
  readonly update: { readonly new: R; readonly old: R }
  readonly delete: { readonly new: EventTombstone; readonly old: R }
  readonly read: R | EventTombstone
}

/** Something that one user did to records of one collection, in one transaction. */
export interface Happening<A extends Action = Action, R = EventRecord> {
  readonly action: A
  readonly resourceName: string
  readonly parentId: string
  /** Of the collection, without version prefix: `/articles`. That of a record is `${uri}/${id}`. */
  readonly uri: string
  /** The values of the parameters in the path of the collection, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  /** The greatest `last_modified` of what was written, ms; that of what was read. */
  readonly timestamp: number
  /** Undefined if nobody is logged in. */
  readonly userId: string | undefined
  /** The request that did it; of several in a batch the first. */
  readonly request: FastifyRequest
  /** One entry for each record and each time, in the order in which it was done. */
  readonly impacted: readonly Impacted<R>[A][]
}

/** A happening as subscribers are told of it. `JSON.stringify` gives it with the names of the protocol (`resource_name`), without the request. */
export interface ResourceEvent<T extends string, A extends Action, R> extends Happening<A, R> {
  readonly type: T
  toJSON(): JsonObject
}

type Either<T extends string, A extends Action, R> = { [K in A]: ResourceEvent<T, K, R> }[A]

/** Records were written, and the transaction is not committed yet. */
export type ResourceChanged<R = EventRecord, A extends ChangeAction = ChangeAction> = Either<'ResourceChanged', A, R>

/** Records were written, for good. */
export type AfterResourceChanged<R = EventRecord, A extends ChangeAction = ChangeAction> = Either<'AfterResourceChanged', A, R>

/** Records were read, and the answer is not sent yet. */
export type ResourceRead<R = EventRecord> = ResourceEvent<'ResourceRead', 'read', R>

/** Records were read, and nobody objects. */
export type AfterResourceRead<R = EventRecord> = ResourceEvent<'AfterResourceRead', 'read', R>

/** `POST /__flush__` has emptied every backend (R2.7). */
export interface ServerFlushed {
  readonly type: 'ServerFlushed'
  /** ms */
  readonly timestamp: number
  readonly userId: string | undefined
  readonly request: FastifyRequest
  toJSON(): JsonObject
}

/** Each event by its name. */
export interface Events<R = EventRecord, A extends Action = Action> {
  readonly ResourceChanged: ResourceChanged<R, A & ChangeAction>
  readonly AfterResourceChanged: AfterResourceChanged<R, A & ChangeAction>
  readonly ResourceRead: ResourceRead<R>
  readonly AfterResourceRead: AfterResourceRead<R>
  readonly ServerFlushed: ServerFlushed
}

/** The name of an event. */
export type EventName = keyof Events

/** An event about records. */
export type AnyResourceEvent = Exclude<Events[EventName], ServerFlushed>

/** The actions that an event can be about. */
export type ActionOf<E extends EventName> = Extract<Events[E], { readonly action: Action }>['action']

/** The backends as a transaction sees them, or as they are outside of one. */
export interface Sessions {
  readonly storage: StorageSession
  readonly permission: PermissionSession
  /** For who works in the same database otherwise. */
  readonly transaction?: Transaction
}

/** What somebody else than a request says was done to records: whoever wrote them by a session, which tells nobody. */
export type Notice = {
  [A in Action]: Pick<Happening<A>, 'action' | 'resourceName' | 'parentId' | 'uri' | 'impacted'> & Partial<Pick<Happening, 'parameters'>>
}[Action]

/** What works in a transaction. */
export interface TransactionContext extends Sessions {
  /** Has subscribers told of it in the same transaction, after this round (E7). Without an impacted record it does nothing. */
  notify(notice: Notice): void
}

/** What a subscriber works with: before the commit the transaction, afterwards the backends themselves. */
export type ContextOf<E extends EventName> = E extends 'ResourceChanged' | 'ResourceRead' ? TransactionContext : Sessions

/**
 * Runs when something has happened. What subscribers can count on:
 *
 * - E1. In one transaction there is one event for each collection, action and user: further changes extend its `impacted`, in the order in which
 *   they were made. Events come in the order of their first change. A request is one transaction, and so is a batch.
 * - E2. `ResourceChanged` and `ResourceRead` come inside the transaction, before its commit. What is written by the sessions of the context is
 *   committed with the rest, or not at all. Who throws refuses the whole: an `HttpError` is the answer to the request, or to the batch,
 *   anything else as it is elsewhere (500 if it is unknown), and nothing is written.
 * - E3. `After…` comes once the commit has succeeded, and never otherwise. What fails then is logged: it changes no answer, and keeps no other
 *   subscriber from running.
 * - E4. A request that is refused, or fails, raises nothing. Neither does a batch that is not committed (R11.13, R11.14).
 * - E5. Records are whole, whatever `Response-Behavior` and `_fields` leave out of answers.
 * - E6. It runs for the actions and resources that it names only. Subscribers run one after the other, in the order of subscription.
 * - E7. A notice makes an event of a later round, after all events of this one; there are at most `MAX_ROUNDS`, a further one is a 500. After the
 *   commit there is one round, in which what was the same in several is one event.
 * - E8. Requests never share events, however many are under way.
 * - E9. What nobody has subscribed to is not taken note of.
 */
export interface Subscriber<E extends EventName = EventName, A extends Action = Action, R = EventRecord, N extends string = string> {
  readonly event: E
  /** Default: all. */
  readonly actions?: readonly A[]
  /** Names; all unless given. */
  readonly resources?: readonly N[]
  run(event: Events<R, A>[E], context: ContextOf<E>): void | Promise<void>
}

/** A subscriber to any one of the events. */
export type AnySubscriber = { readonly [E in EventName]: Subscriber<E, ActionOf<E>> }[EventName]

/** So many rounds there are before the commit: what goes on causing events would never end. */
export const MAX_ROUNDS = 10

/**
 * A subscriber that settings name: `event_listeners = audit` and `event_listeners.audit.use = some-module`, which exports
 * `createListener(options)`. Which actions and resources it hears of is decided by settings, too.
 */
export interface EventListener {
  /** Whether it runs inside the transaction, where it may refuse (E2). Default: after the commit, and answers don't wait for it. */
  readonly beforeCommit?: boolean
  run(event: AnyResourceEvent, context: Sessions): void | Promise<void>
  /** Called once before the service answers. That a server is not reached is no reason to fail. @throws ConfigurationError */
  prepare?(): Promise<void>
  /** Called when nothing runs any more. */
  close?(): Promise<void>
}

/** Where a listener says what operators should know. */
export interface ListenerLog {
  warn(details: object, message: string): void
}

/** What `createListener` is given; it may return a promise. */
export interface ListenerOptions {
  /** As in `event_listeners`. */
  readonly name: string
  /** `event_listeners.{name}.*` */
  readonly settings: MemberSettings
  readonly log: ListenerLog
}
