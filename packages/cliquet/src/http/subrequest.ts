import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { JsonObject } from '../primitives/json.ts'
import { markUnit, type UnitOfWork } from './unit-of-work.ts'

/** A user, as authentication recognised them. */
export interface KnownUser {
  /** With the prefix of the policy (R4.2). */
  readonly id: string
  /** What the policy tells beside the id (R4.8). */
  readonly principals?: readonly string[]
  readonly profile?: JsonObject
  /** The name of the policy that knew them. */
  readonly policy?: string
}

/** What the requests inside one batch share. */
export interface Batch {
  readonly unit: UnitOfWork
  /** Users by `Authorization` header: who was recognised once is not asked for again. Of requests that differ in nothing else a policy reads. */
  readonly users: Map<string | undefined, KnownUser | undefined>
  /** Principals by user id, as they are recorded (R4.4). */
  readonly principals: Map<string | undefined, Promise<readonly string[]>>
}

/** A request inside a batch. */
export interface Subrequest {
  readonly batch: Batch
  /** Its body, parsed already; undefined if it has none. */
  readonly body: unknown
}

const key = Symbol('cliquet.subrequest')

/** Marks a message as a request inside a batch. */
export function markSubrequest(message: IncomingMessage, subrequest: Subrequest): void {
  Object.defineProperty(message, key, { value: subrequest })
  markUnit(message, subrequest.batch.unit)
}

/** What a request has of its batch; undefined outside of one. */
export function subrequestOf({ raw }: FastifyRequest): Subrequest | undefined {
  return (raw as { readonly [key]?: Subrequest })[key] // only `markSubrequest` knows the key
}
