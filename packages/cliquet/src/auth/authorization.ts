import type { Grant, ObjectRef, PermissionSession } from '../permission/contract.ts'

/** Who asks. */
export interface Caller {
  readonly userId: string | undefined
  readonly principals: readonly string[]
}

/** May `caller` do this? `permission` is `read`, `write`, another that the resource declares, or `{resource}:create`. */
export interface Question {
  readonly resource: string
  readonly permission: string
  readonly object: ObjectRef
  readonly caller: Caller
}

/** An application's own decision in place of the stored permissions (R10.1). */
export type Decision = (question: Question) => boolean | Promise<boolean>

/**
 * All grants any of which gives `permission` on `object` (R10.4), such as `write` on a library for everything below it. It replaces the
 * default, by which `write` implies `read`.
 */
export type Inheritance = (object: ObjectRef, permission: string) => readonly Grant[]

/** Decides who may do what. */
export interface Authorization {
  permits(question: Question): Promise<boolean>
  /** The ids in a collection that the caller may read or write though not the whole of it (R10.8). */
  visible(question: Question): Promise<readonly string[]>
}

/** What `createAuthorization` needs. */
export interface AuthorizationOptions {
  readonly permission: PermissionSession | undefined
  /** `{resource}_{permission}_principals`, in lower case and with _ for -, → principals (R10.3). */
  readonly granted: ReadonlyMap<string, readonly string[]>
  readonly inheritance?: Inheritance | undefined
  readonly decision?: Decision | undefined
}

/** Makes the authorization of a service: by settings, then by stored permissions, or by the application's own decision. */
export function createAuthorization({ permission, granted, inheritance, decision }: AuthorizationOptions): Authorization {
  if (decision !== undefined) return { permits: async (question) => decision(question), visible: async () => [] }
  const grantsOf = inheritance ?? writeImpliesRead
  const bySettings = ({ resource, caller }: Question, grants: readonly Grant[]): boolean =>
    grants.some(({ permission: name }) => {
      const action = name === `${resource}:create` ? 'create' : name
      const key = `${resource}_${action}_principals`.toLowerCase().replaceAll('-', '_')
      return granted.get(key)?.some((principal) => caller.principals.includes(principal)) ?? false
    })

  return {
    async permits(question) {
      const grants = grantsOf(question.object, question.permission)
      if (bySettings(question, grants)) return true
      return permission?.isGranted(grants, question.caller.principals) ?? false
    },
    async visible({ object, permission: name, caller }) {
      const child: ObjectRef = { parentId: object.parentId, uri: `${object.uri}/*` }
      const names = grantsOf(child, name).flatMap((grant) => (grant.uri === child.uri ? [grant.permission] : []))
      return permission?.accessible(object, names, caller.principals) ?? []
    },
  }
}

/** The default inheritance. */
export const writeImpliesRead: Inheritance = (object, permission) =>
  permission === 'read'
    ? [
        { ...object, permission: 'read' },
        { ...object, permission: 'write' },
      ]
    : [{ ...object, permission }]
