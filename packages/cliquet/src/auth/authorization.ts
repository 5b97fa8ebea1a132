import type { Grant, ObjectRef, PermissionSession } from '../permission/contract.ts'
import { type Explanation, explainRules, type Rules, type SettingRule } from './explanation.ts'

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
  /** What `permits` decides, with everything that it looks at. */
  explain(question: Question): Promise<Explanation>
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
  if (decision !== undefined) return byDecision(decision)
  const grantsOf = inheritance ?? writeImpliesRead
  const rulesOf = ({ resource, object, permission: name }: Question): Rules => {
    const grants = grantsOf(object, name)
    return { grants, settings: grants.map((grant) => settingOf(granted, resource, grant)) }
  }

  return {
    async permits(question) {
      const { principals } = question.caller
      const { settings, grants } = rulesOf(question)
      if (settings.some((rule) => rule.principals.some((principal) => principals.includes(principal)))) return true
      return permission?.isGranted(grants, principals) ?? false
    },
    async visible({ object, permission: name, caller }) {
      const child: ObjectRef = { parentId: object.parentId, uri: `${object.uri}/*` }
      const names = grantsOf(child, name).flatMap((grant) => (grant.uri === child.uri ? [grant.permission] : []))
      return permission?.accessible(object, names, caller.principals) ?? []
    },
    explain: (question) => explainRules(rulesOf(question), question.caller.principals, permission),
  }
}

/** Nothing else is looked at. */
const byDecision = (decision: Decision): Authorization => ({
  permits: async (question) => decision(question),
  visible: async () => [],
  async explain(question) {
    const permits = await decision(question)
    const checked = { kind: 'decision', ...question.object, permission: question.permission, permits } as const
    return { permitted: permits, decidedBy: permits ? 'decision' : 'nobody', checked: [checked] }
  },
})

const nobody: readonly string[] = []

/** The list in the settings that stands for a grant on a resource as a whole: `article_create_principals` for `article:create` (R10.3). */
function settingOf(granted: AuthorizationOptions['granted'], resource: string, { permission }: Grant): SettingRule {
  const action = permission === `${resource}:create` ? 'create' : permission
  const name = `${resource}_${action}_principals`.toLowerCase().replace(/[-:]/g, '_')
  return { name, principals: granted.get(name) ?? nobody }
}

/** The default inheritance. */
export const writeImpliesRead: Inheritance = (object, permission) =>
  permission === 'read'
    ? [
        { ...object, permission: 'read' },
        { ...object, permission: 'write' },
      ]
    : [{ ...object, permission }]
