import type { RouteOptions } from 'fastify'
import type { AuthenticationPolicy } from '../../auth/policy.ts'
import type { JsonObject } from '../../primitives/json.ts'
import type { ViewContext } from '../context.ts'
import { type CustomRoute, customOperation, type Described } from './custom-operation.ts'
import { createDefinitions, freeName } from './definitions.ts'
import { ERROR_SCHEMA, errorSchema, operationObject } from './operation-object.ts'

/** Methods that a description has. HEAD is left out: it is GET without a body, and would need an id of its own. */
const described = new Set(['get', 'post', 'put', 'patch', 'delete'])

/** The description of everything served below the prefix, without `host` and `schemes` (R2.8). */
export function openapiDocument({ settings, routes, authentication }: ViewContext): JsonObject {
  const { policies } = authentication
  const definitions = createDefinitions()
  definitions.add(ERROR_SCHEMA, errorSchema)
  const ids = new Set<string>()
  const tags = new Set<string>()
  const paths: Record<string, Record<string, JsonObject>> = {}
  const uniqueId = (id: string): string => freeName(id, ids)
  for (const route of served(routes, settings, uniqueId)) {
    const { operation, summary } = route.described
    for (const [name, schema] of Object.entries(operation.schemas ?? {})) definitions.add(name, schema)
    if (operation.tag !== undefined) tags.add(operation.tag)
    const item = paths[route.path] ?? {}
    paths[route.path] = item
    item[route.method] = operationObject(operation, {
      pathParameters: route.pathParameters,
      summary,
      security: securityOf(route.options, policies),
      resolve: definitions.resolve,
    })
  }
  return {
    swagger: '2.0',
    info: { title: settings.projectName, version: settings.httpApiVersion },
    basePath: `/${settings.apiPrefix}`,
    consumes: ['application/json'],
    produces: ['application/json'],
    tags: [...tags].map((name) => ({ name })),
    securityDefinitions: Object.fromEntries(policies.map((policy) => [policy.name, securityDefinition(policy)])),
    paths,
    definitions: definitions.all(),
    ...(URL.canParse(settings.projectDocs) ? { externalDocs: { url: settings.projectDocs } } : {}),
  }
}

interface ServedRoute {
  readonly options: RouteOptions
  readonly path: string
  readonly pathParameters: readonly string[]
  readonly method: string
  readonly described: Described
}

/** Routes that can be described: those of methods that the settings leave on (R5.4), and whose path has parameters but no wildcard. */
function* served(
  routes: readonly RouteOptions[],
  { apiPrefix, readonly }: ViewContext['settings'],
  uniqueId: CustomRoute['uniqueId'],
): Generator<ServedRoute> {
  const prefix = `/${apiPrefix}/`
  for (const options of routes) {
    if (!options.url.startsWith(prefix) || options.url.includes('*')) continue
    const { path, pathParameters } = templateOf(options.url.slice(prefix.length - 1))
    for (const name of [options.method].flat()) {
      const method = name.toLowerCase()
      if (!described.has(method) || (readonly && method !== 'get')) continue
      const found = describedRoute(options, { method, path, uniqueId })
      if (found !== undefined) yield { options, path, pathParameters, method, described: found }
    }
  }
}

function describedRoute(options: RouteOptions, route: CustomRoute): Described | undefined {
  const { operation, service, summary } = options.config ?? {}
  if (operation !== undefined) return { operation: { ...operation, id: route.uniqueId(operation.id) }, summary }
  if (service === undefined) return customOperation(options, route)
  return { operation: { id: route.uniqueId(service), tag: 'Utilities', answers: { 200: { description: 'The answer.' } } }, summary }
}

/** `/libraries/:lib` is `/libraries/{lib}` here; what a parameter must match is left out, and `::` is a colon. */
function templateOf(url: string): { readonly path: string; readonly pathParameters: readonly string[] } {
  const pathParameters: string[] = []
  const path = url.replace(/::|:(\w+)(?:\([^)]*\))?\??/g, (_, name: string | undefined) => {
    if (name === undefined) return ':'
    pathParameters.push(name)
    return `{${name}}`
  })
  return { path, pathParameters }
}

/** Nothing for public operations, any of the policies for ours, and what an application's own route says of itself. */
function securityOf({ config }: RouteOptions, policies: readonly AuthenticationPolicy[]): readonly JsonObject[] | undefined {
  if (config?.public === true) return []
  if (config?.service === undefined || policies.length === 0) return undefined
  return policies.map(({ name }) => ({ [name]: [] }))
}

/** Bearer tokens have no type of their own in OpenAPI 2.0: they are a key in a header. */
function securityDefinition({ securityDefinition: own, capability }: AuthenticationPolicy): JsonObject {
  const description = capability === undefined ? {} : { description: capability.description }
  return { ...(own ?? { type: 'apiKey', in: 'header', name: 'Authorization' }), ...description }
}
