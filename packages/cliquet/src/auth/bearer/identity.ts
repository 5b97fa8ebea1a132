import { isJsonArray, type Json, type JsonObject } from '../../primitives/json.ts'
import type { Identity } from '../policy.ts'

/** How the user is told from what a provider says. */
export interface IdentityRules {
  /** The member that is the user id. */
  readonly useridField: string
  /** The member that lists the user's groups, if they count. */
  readonly groupsClaim: string | undefined
  /** Put before the name of a group to make a principal. */
  readonly groupsPrefix: string
}

/** Longest user id, as OpenID Connect has it, and longest name of a group. */
const maxLength = 255

/**
 * The user of whom a provider says this; undefined without a usable user id. An e-mail address that the provider says is not verified is
 * none: anybody could have claimed it.
 */
export function identityOf(profile: JsonObject, { useridField, groupsClaim, groupsPrefix }: IdentityRules): Identity | undefined {
  const id = memberOf(profile, useridField)
  const name = typeof id === 'number' ? String(id) : id
  if (!isUsable(name) || (useridField === 'email' && profile.email_verified === false)) return undefined
  const groups = groupsClaim === undefined ? undefined : memberOf(profile, groupsClaim)
  const names = groups !== undefined && isJsonArray(groups) ? groups : [groups]
  return { id: name, principals: names.filter(isUsable).map((group) => `${groupsPrefix}${group}`), profile }
}

/** A member by name; by a dotted path if there is none of that name, as in `realm_access.roles`. */
function memberOf(object: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(object, path)) return object[path]
  let value: Json | undefined = object
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || isJsonArray(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** A text that can be part of a principal: no control characters, no half characters. */
const isUsable = (value: Json | undefined): value is string =>
  typeof value === 'string' && value !== '' && value.length <= maxLength && value.isWellFormed() && !/\p{Cc}/u.test(value)

/** Whether a provider's `scope`, a text or a list, has all that is needed. */
export function hasScopes(granted: Json | undefined, needed: readonly string[]): boolean {
  const words = typeof granted === 'string' ? granted.split(' ') : granted !== undefined && isJsonArray(granted) ? granted : []
  return needed.every((scope) => words.includes(scope))
}
