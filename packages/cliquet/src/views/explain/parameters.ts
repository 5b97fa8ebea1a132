import type { Inquiry } from '../../auth/inquiry.ts'
import type { AuthenticationPolicy } from '../../auth/policy.ts'
import { prefixOf } from '../../auth/recognition.ts'
import { type Fault, InvalidParameters, invalid } from '../../errors/invalid-parameters.ts'
import type { Located, Locator } from './locator.ts'

/** The names of the parameters, in the order of the documentation. */
export const parameterNames = ['uri', 'permission', 'method', 'user', 'principals', 'parent'] as const

type Name = (typeof parameterNames)[number]

/** What is asked, well-formed, as far as it can be told without the resource. */
export interface ExplainParameters {
  readonly uri: string
  readonly permission: string | undefined
  readonly method: string | undefined
  readonly user: string | undefined
  readonly principals: readonly string[]
  readonly parent: string | undefined
}

/** @throws InvalidParameters with every fault */
export function parseParameters(query: string, policies: readonly AuthenticationPolicy[]): ExplainParameters {
  const given = new URLSearchParams(query)
  const of = (name: Name): string | undefined => given.get(name) || undefined
  const user = of('user')
  const [first, ...others] = [...shapeFaults(given), ...userFaults(user, policies)]
  if (first !== undefined) throw new InvalidParameters([first, ...others])
  const principals = (of('principals') ?? '').split(',').flatMap((word) => word.trim() || [])
  const parent = given.get('parent') ?? undefined
  return { uri: of('uri') ?? '', permission: of('permission'), method: of('method')?.toUpperCase(), user, principals, parent }
}

const fault = (name: string, description: string): Fault => ({ location: 'querystring', name, description })

function shapeFaults(given: URLSearchParams): readonly Fault[] {
  const names: readonly string[] = parameterNames
  const faults = [...new Set(given.keys())].flatMap((name) => {
    if (!names.includes(name)) return fault(name, `Unknown parameter: there are ${names.join(', ')}`)
    return given.getAll(name).length > 1 ? fault(name, 'Given more than once') : []
  })
  if (!given.get('uri')) faults.push(fault('uri', 'Required: the path of a record or a list, such as /articles/a1'))
  if (!given.get('permission') === !given.get('method')) faults.push(fault('permission', 'Either permission or method must be given'))
  return faults
}

/** A mistyped user would be one who has nothing. */
function userFaults(user: string | undefined, policies: readonly AuthenticationPolicy[]): readonly Fault[] {
  const starts = policies.map((policy) => `${prefixOf(policy)}:`)
  if (user === undefined || starts.some((start) => user.startsWith(start) && user.length > start.length)) return []
  return [fault('user', `Not a user id: here they start with ${starts.join(' or ') || 'nothing, as there is no authentication policy'}`)]
}

/** What is asked of which resource. @throws InvalidParameters that names what there is instead */
export function parseSubject(
  parameters: ExplainParameters,
  locator: Locator,
  apiPrefix: string,
): { readonly place: Located; readonly ask: Inquiry['ask'] } {
  const { uri, method, parent } = parameters
  const path = uri.startsWith(`/${apiPrefix}/`) ? uri.slice(apiPrefix.length + 1) : uri
  const found = path.startsWith('/') && !/[?#]/.test(path) ? locator.find(path) : new Map<string, Located>()
  const [first] = found.values()
  if (first === undefined)
    throw invalid('querystring', 'uri', `No resource is served there: there are ${locator.paths.join(', ') || 'none'}`)
  const place = method === undefined ? first : found.get(method)
  if (place === undefined) throw invalid('querystring', 'method', `Not served there: there are ${[...found.keys()].join(', ')}`)
  checkParent(place.resource, parent)
  return { place, ask: method === undefined ? { permission: permissionOf(place, parameters.permission ?? '') } : { method } }
}

function checkParent({ name, needsParent }: Located['resource'], parent: string | undefined): void {
  if (needsParent === (parent !== undefined)) return
  const description = needsParent
    ? `Required: a function of the request tells the scope of the resource ${name} (its parentId), and can't be asked about another request`
    : `The scope of the resource ${name} is known without it`
  throw invalid('querystring', 'parent', description)
}

function permissionOf({ resource }: Located, permission: string): string {
  const create = `${resource.name}:create`
  if (permission === 'create' || permission === create) return create
  if (resource.permissions.includes(permission)) return permission
  throw invalid('querystring', 'permission', `The resource ${resource.name} has the permissions ${resource.permissions.join(', ')}`)
}
