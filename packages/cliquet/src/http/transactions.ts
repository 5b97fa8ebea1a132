import type { FastifyRequest } from 'fastify'
import { HttpError } from '../errors/http-error.ts'
import { InvalidParameters } from '../errors/invalid-parameters.ts'
import type { Action, TransactionContext } from '../events/contract.ts'
import { deliverAfter, deliverBefore, type OnFailure, transactionContext } from '../events/delivery.ts'
import { flushedEvent } from '../events/event.ts'
import { createEventQueue } from '../events/queue.ts'
import type { Subscriptions } from '../events/subscriptions.ts'
import type { PermissionBackend } from '../permission/contract.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Storage } from '../storage/contract.ts'
import { isLate } from './late-requests.ts'
import { markUnit, type UnitOfWork, unitOf } from './unit-of-work.ts'

/** What transactions of requests are made of. */
export interface TransactionParts {
  readonly storage: Storage
  readonly permission: PermissionBackend
  readonly subscriptions: Subscriptions
  /** Whether a request, or a batch, is one transaction where that makes a difference (setting `transaction_per_request`). */
  readonly isEnabled: boolean
  readonly clock: Clock
  readonly onFailure: OnFailure
}

/** What a request is going to do. */
export interface Intent {
  readonly resourceName: string
  readonly actions: readonly Action[]
}

/** Has what requests do committed as a whole where that makes a difference, and tells subscribers of it. */
export interface Transactions {
  /**
   * Does the work of a batch in one transaction. It is committed unless the work throws, `keeps` says no, or a subscriber refuses. Where
   * transactions are switched off each request in it is on its own.
   */
  ofBatch<T>(work: (unit: UnitOfWork) => Promise<T>, keeps: (result: T) => boolean): Promise<T>
  /** Does the work of a request: as it is where nobody wants to know, in a transaction of its own where somebody does before its commit. */
  ofRequest<T>(request: FastifyRequest, intent: Intent, work: () => Promise<T>): Promise<T>
  /** Does work of a service's own in a transaction: that of the request if it is part of one. */
  ofView<T>(request: FastifyRequest, work: (context: TransactionContext) => Promise<T>): Promise<T>
  /** Tells that the backends were emptied. */
  flushed(request: FastifyRequest): Promise<void>
}

/** Makes the transactions of a service. */
export function createTransactions(parts: TransactionParts): Transactions {
  const { subscriptions, isEnabled, clock, storage, permission, onFailure } = parts
  return {
    ofBatch: (work, keeps) =>
      isEnabled ? inTransaction(parts, work, { result: keeps }) : work({ sessions: undefined, events: undefined }),
    ofRequest(request, { resourceName, actions }, work) {
      if (subscriptions.isEmpty || unitOf(request)?.events !== undefined) return work()
      const isAwaitedBefore = subscriptions.isAwaited('before', resourceName, actions)
      if (isAwaitedBefore && isEnabled) {
        const kept = { error: isRefusal, result: () => !isLate(request) }
        return inTransaction(parts, (unit) => markedAs(unit, request, work), kept)
      }
      return isAwaitedBefore || subscriptions.isAwaited('after', resourceName, actions) ? observed(parts, request, work) : work()
    },
    ofView(request, work) {
      const outer = unitOf(request)
      const context = (unit: UnitOfWork) =>
        transactionContext(unit.sessions ?? { storage, permission }, unit.events, { userId: request.userId, request })
      if (outer?.sessions !== undefined) return work(context(outer))
      const kept = { result: () => !isLate(request) }
      const done = inTransaction(parts, (unit) => markedAs(unit, request, () => work(context(unit))), kept)
      return done.finally(() => markUnit(request.raw, outer))
    },
    flushed: (request) => deliverAfter([flushedEvent(request, clock())], subscriptions, { storage, permission }, onFailure),
  }
}

function markedAs<T>(unit: UnitOfWork, { raw }: FastifyRequest, work: () => Promise<T>): Promise<T> {
  markUnit(raw, unit)
  return work()
}

/** Which ends of the work are no reason to undo what it wrote. */
interface Kept<T> {
  result?(result: T): boolean
  error?(error: unknown): boolean
}

/** Commits what `work` wrote, unless it throws, its result is not kept, or a subscriber refuses: then nothing of it is written (R11.13–R11.15, E2). */
async function inTransaction<T>(
  { storage, permission, subscriptions, onFailure }: TransactionParts,
  work: (unit: UnitOfWork) => Promise<T>,
  keeps: Kept<T> = {},
): Promise<T> {
  const events = subscriptions.isEmpty ? undefined : createEventQueue(subscriptions)
  const transaction = await storage.begin()
  const unit: UnitOfWork = { sessions: undefined, events }
  let result: T
  try {
    const sessions = { storage: storage.within(transaction), permission: permission.within(transaction) ?? permission, transaction }
    unit.sessions = sessions
    result = await work(unit).catch(async (error) => {
      if (keeps.error?.(error) === true) await transaction.commit()
      throw error
    })
    if (keeps.result?.(result) === false) return result
    if (events !== undefined) await deliverBefore(events, subscriptions, sessions)
    await transaction.commit()
  } finally {
    await transaction.rollback()
    finish(unit)
  }
  if (events !== undefined) await deliverAfter(events.all(), subscriptions, { storage, permission }, onFailure)
  return result
}

/** The same without a transaction: each write has committed by itself, and stays when a subscriber refuses. */
async function observed<T>(
  { storage, permission, subscriptions, onFailure }: TransactionParts,
  request: FastifyRequest,
  work: () => Promise<T>,
): Promise<T> {
  const events = createEventQueue(subscriptions)
  const unit: UnitOfWork = { sessions: undefined, events }
  const sessions = { storage, permission }
  try {
    const result = await markedAs(unit, request, work)
    await deliverBefore(events, subscriptions, sessions)
    return result
  } finally {
    finish(unit)
    await deliverAfter(events.all(), subscriptions, sessions, onFailure)
  }
}

/** From now on the requests of the unit work outside of it. */
function finish(unit: UnitOfWork): void {
  unit.sessions = undefined
  unit.events = undefined
}

/** A request that is refused has written nothing but the timestamps of collections that it looked at: clients are told of them (R6.1). */
const isRefusal = (error: unknown): boolean =>
  error instanceof InvalidParameters || (error instanceof HttpError && error.statusCode < 500 && error.statusCode !== 409)
