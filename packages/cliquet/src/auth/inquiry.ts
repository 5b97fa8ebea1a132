import type { FastifyRequest } from 'fastify'
import type { ObjectRef } from '../permission/contract.ts'
import type { Caller } from './authorization.ts'
import type { Explanation } from './explanation.ts'

/** What is asked about a resource: may this caller do that there, and why? */
export interface Inquiry {
  /** Who asks: inside a batch, what its transaction sees counts. */
  readonly request: FastifyRequest
  /** About whom. */
  readonly caller: Caller
  readonly kind: 'list' | 'record'
  /** The values of the parameters in the path, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  /** One of the place's methods, or a permission with its whole name (`article:create`). */
  readonly ask: { readonly method: string } | { readonly permission: string }
  /** The scope, of a resource that `needsParent`. */
  readonly parent: string | undefined
}

/** Why the caller may, or may not. */
export interface AccessExplanation extends Explanation {
  /** What was asked for first, and on which object; of a list of each user's own no permission is asked for a method. */
  readonly permission: string | undefined
  readonly object: ObjectRef
  /** Whether the record is there, if that made a difference. */
  readonly exists?: boolean
  /** How much of a list the caller gets: undefined is all of it, no id an empty list (R10.7, R10.8). */
  readonly ids?: readonly string[]
}

/** A URL of a resource with one of its methods. */
export interface ResourcePlace {
  readonly kind: 'list' | 'record'
  /** As the router writes it, `/articles/:id`. */
  readonly path: string
  readonly method: string
}

/** A resource that can explain who may do what. */
export interface ExplainedResource {
  readonly name: string
  /** The permissions that can be asked for, `create` without the resource's name. */
  readonly permissions: readonly string[]
  readonly places: readonly ResourcePlace[]
  /** Whether only a request itself tells the scope of its records: a function of the author's finds it. */
  readonly needsParent: boolean
  explain(inquiry: Inquiry): Promise<AccessExplanation>
}
