import type { FastifyRequest } from 'fastify'
import type { Authorization, Caller } from '../auth/authorization.ts'
import { collectionRef, recordRef, type Scope } from '../model/model.ts'
import type { ObjectRef } from '../permission/contract.ts'
import type { StoredRecord } from '../storage/record.ts'
import type { ResourceContext } from './context.ts'
import type { ResourceDefinition } from './define.ts'
import { listParent } from './list-parent.ts'

/** Decides what one request may do (R10.3). Every `require…` throws 401 or 403. */
export interface Access {
  readonly caller: Caller
  /** To read a record, also one that does not exist. */
  requireRead(id: string): Promise<void>
  mayRead(id: string): Promise<boolean>
  /** To create under this collection. */
  requireCreate(): Promise<void>
  /** To change or delete a record; of one that does not exist only those learn who may read the collection. */
  requireWrite(id: string, existing: StoredRecord | undefined): Promise<void>
  /** The ids of a list that the caller may see or delete; undefined: all of them (R10.8). */
  selection(permission: 'read' | 'write'): Promise<readonly string[] | undefined>
}

/** What everybody may who is logged in, on a resource without permissions: its guard has refused all others. */
const unrestricted = (request: FastifyRequest): Access => ({
  caller: { userId: request.userId, principals: [] },
  requireRead: async () => {},
  mayRead: async () => true,
  requireCreate: async () => {},
  requireWrite: async () => {},
  selection: async () => undefined,
})

/** The access of a request to the records of its scope. */
export async function accessOf(context: ResourceContext, request: FastifyRequest, scope: Scope): Promise<Access> {
  const { definition, authentication, authorization, resources } = context
  if (!definition.shared) return unrestricted(request)
  const caller: Caller = { userId: request.userId, principals: await authentication.principals(request) }
  const { name } = definition
  return sharedAccess({ resource: name, scope, caller, authorization, resources, refusal: () => authentication.refusal(request) })
}

/** What decides the access to a shared resource. */
export interface SharedAccessOptions {
  readonly resource: string
  readonly scope: Scope
  readonly caller: Caller
  readonly authorization: Pick<Authorization, 'permits' | 'visible'>
  /** All of the service, the one of the scope included. */
  readonly resources: ReadonlyMap<string, ResourceDefinition>
  /** What is thrown at who may not. */
  readonly refusal: () => Error
}

/** The access of a caller to the records of a shared resource. */
export function sharedAccess({ resource, scope, caller, authorization, resources, refusal }: SharedAccessOptions): Access {
  const permits = (permission: string, object: ObjectRef): Promise<boolean> =>
    authorization.permits({ resource, permission, object, caller })
  const require = async (permission: string, object: ObjectRef): Promise<void> => {
    if (!(await permits(permission, object))) throw refusal()
  }
  const collection = collectionRef(scope)

  return {
    caller,
    requireRead: (id) => require('read', recordRef(scope, id)),
    mayRead: (id) => permits('read', recordRef(scope, id)),
    requireCreate: () => require(`${resource}:create`, collection),
    requireWrite: (id, existing) => (existing === undefined ? require('read', collection) : require('write', recordRef(scope, id))),
    async selection(permission) {
      if (await permits(permission, collection)) return undefined
      const ids = await authorization.visible({ resource, permission, object: collection, caller })
      if (ids.length > 0 || (await permits(`${resource}:create`, listParent(collection, resources)))) return ids
      throw refusal()
    },
  }
}
