import type { FastifyRequest } from 'fastify'
import type { Caller } from '../auth/authorization.ts'
import { findPrincipals, withPrincipals } from '../auth/principals.ts'
import { type Answer, jsonAnswer } from '../http/answer.ts'
import type { Endpoint } from '../http/endpoint.ts'
import { splitTarget } from '../http/urls.ts'
import type { ViewContext } from './context.ts'
import { explanationBody } from './explain/body.ts'
import { createLocator, type Locator } from './explain/locator.ts'
import { explainOperation } from './explain/operation.ts'
import { parseParameters, parseSubject } from './explain/parameters.ts'

/** Tells operators why somebody may or may not do something. It is there if the settings name who may ask. */
export function explainEndpoints(context: ViewContext): readonly Endpoint[] {
  if (context.settings.explainEndpointPrincipals.length === 0) return []
  // Made when it is first needed: by then every resource is known.
  let locator: Locator | undefined
  const handler = (request: FastifyRequest): Promise<Answer> => {
    locator ??= createLocator(context.resources)
    return explain(context, locator, request)
  }
  const endpoint = { path: '/__explain__', service: '__explain__', summary: 'Why somebody may or may not do something', handler }
  return (['GET', 'HEAD'] as const).map((method) => ({ ...endpoint, method, variesByUser: true, operation: explainOperation }))
}

async function explain(context: ViewContext, locator: Locator, request: FastifyRequest): Promise<Answer> {
  await requireTrust(context, request)
  const parameters = parseParameters(splitTarget(request.url).query, context.authentication.policies)
  const { place, ask } = parseSubject(parameters, locator, context.settings.apiPrefix)
  const { told, caller } = await callerOf(context, request, parameters)
  const { resource, kind, parameters: values } = place
  const explanation = await resource.explain({ request, caller, kind, parameters: values, ask, parent: parameters.parent })
  const isSelf = caller.userId !== undefined && caller.userId === request.userId
  const body = explanationBody(explanation, { parameters, ask, place, caller, told, isSelf, places: context.places })
  return jsonAnswer(200, body, { 'cache-control': 'no-cache, no-store' })
}

/** @throws HttpError 401 or 403 at who is not trusted with it: the answer names principals of others */
async function requireTrust({ authentication, settings }: ViewContext, request: FastifyRequest): Promise<void> {
  const principals = await authentication.principals(request)
  if (!settings.explainEndpointPrincipals.some((principal) => principals.includes(principal))) throw authentication.refusal(request)
}

interface Asked {
  readonly user: string | undefined
  readonly principals: readonly string[]
}

/** The principals as a request of that user would have them. What a policy tells of a user is known of the one alone who asks. */
async function callerOf(
  { authentication, permission }: ViewContext,
  request: FastifyRequest,
  { user, principals: given }: Asked,
): Promise<{ readonly caller: Caller; readonly told: readonly string[] }> {
  const told = (user !== undefined && user === request.userId ? authentication.user(request)?.principals : undefined) ?? []
  const principals = withPrincipals(withPrincipals(await findPrincipals(user, permission), told), given)
  return { caller: { userId: user, principals }, told }
}
