import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Sessions } from '../events/contract.ts'
import type { EventQueue } from '../events/queue.ts'

/** What is committed together and told of together: what a request does, or all requests of a batch. Once it is over there is neither. */
export interface UnitOfWork {
  /** The backends as its transaction sees them; absent where each write commits by itself. */
  sessions: Sessions | undefined
  /** Takes note of what is done; absent where nobody wants to know. */
  events: EventQueue | undefined
}

const key = Symbol('cliquet.unit-of-work')

/** Marks a message as part of a unit. */
export function markUnit(message: IncomingMessage, unit: UnitOfWork | undefined): void {
  Object.assign(message, { [key]: unit })
}

/** The unit that a request is part of, if there is one. */
export function unitOf({ raw }: FastifyRequest): UnitOfWork | undefined {
  return (raw as { readonly [key]?: UnitOfWork })[key] // only `markUnit` knows the key
}
