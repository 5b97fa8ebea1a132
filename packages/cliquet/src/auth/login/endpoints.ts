import type { FastifyRequest } from 'fastify'
import type { Cache } from '../../cache/contract.ts'
import { catalogError, type HttpError } from '../../errors/http-error.ts'
import { type Fault, InvalidParameters, invalid } from '../../errors/invalid-parameters.ts'
import type { Answer } from '../../http/answer.ts'
import type { Endpoint } from '../../http/endpoint.ts'
import type { OperationParameter } from '../../http/operation.ts'
import { origin } from '../../http/urls.ts'
import type { AuthenticationPolicy } from '../policy.ts'
import { allowedCallback } from './callbacks.ts'
import type { LoginFlow } from './flow.ts'
import { createLoginStates, type LoginStates, newSecret } from './states.ts'

/** What the login works with. */
export interface LoginOptions {
  readonly policies: readonly AuthenticationPolicy[]
  readonly cache: Cache
  readonly settings: { readonly apiPrefix: string; readonly httpScheme: string | undefined; readonly httpHost: string | undefined }
}

/** The two redirections of R4.7, for all policies with a login; none if there is no such policy. */
export function loginEndpoints({ policies, cache, settings }: LoginOptions): readonly Endpoint[] {
  const flows = new Map(policies.flatMap(({ name, login }): [string, LoginFlow][] => (login === undefined ? [] : [[name, login]])))
  const states = createLoginStates(cache)
  if (flows.size === 0) return []
  const redirectUri = (request: FastifyRequest, provider: string): string =>
    `${origin(request, settings)}/${settings.apiPrefix}/openid/${encodeURIComponent(provider)}/token`
  return [
    endpoint('login', 'Sends the user to the provider', ['callback', 'scope', 'prompt'], async (request) => {
      const { provider, flow } = flowOf(request, flows)
      return login(request, { provider, flow, states, redirectUri: redirectUri(request, provider) })
    }),
    endpoint('token', 'Takes the user back from the provider, and sends them on with a token', ['code', 'state'], async (request) =>
      finishLogin(request, { ...flowOf(request, flows), states }),
    ),
  ]
}

interface Login {
  readonly provider: string
  readonly flow: LoginFlow
  readonly states: LoginStates
}

async function login(request: FastifyRequest, { provider, flow, states, redirectUri }: Login & { redirectUri: string }): Promise<Answer> {
  const { callback, scope, prompt } = parametersOf(request, ['callback', 'scope'], ['prompt'])
  const allowed = allowedCallback(callback ?? '', flow.callbacks)
  const scopes = (scope ?? '').split(' ')
  const lacking = flow.neededScopes.filter((needed) => !scopes.includes(needed))
  if (allowed === undefined) throw invalid('querystring', 'callback', 'Not among the allowed callbacks')
  if (prompt !== undefined && prompt !== 'none') throw invalid('querystring', 'prompt', 'Should be none')
  if (lacking.length > 0) throw invalid('querystring', 'scope', `The provider requires the scope ${lacking.join(' ')}`)
  const verifier = newSecret()
  const state = await states.begin(provider, { callback: allowed, redirectUri, verifier }, flow.stateTtl)
  return redirect(await flow.authorize({ scope: scope ?? '', silent: prompt === 'none', redirectUri, state, verifier }))
}

async function finishLogin(request: FastifyRequest, { provider, flow, states }: Login): Promise<Answer> {
  const { code = '', state = '' } = parametersOf(request, ['code', 'state'], [])
  const pending = await states.end(provider, state)
  if (pending === undefined) throw refusedLogin('state', 'Invalid state')
  const { callback, redirectUri, verifier } = pending
  const answer = await flow.exchange({ code, redirectUri, verifier })
  if (answer === undefined) throw refusedLogin('code', 'Invalid code')
  return redirect(`${callback}${encodeURIComponent(Buffer.from(answer).toString('base64'))}`)
}

/** What is in the URL is not for caches, nor for the sites to which the next page links. */
const redirect = (location: string): Answer => ({
  status: 307,
  headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
})

function refusedLogin(name: string, description: string): HttpError {
  const error = invalid('querystring', name, description)
  return catalogError('invalid-login', { error: 'Invalid parameters', message: error.message, details: error.faults })
}

function flowOf(request: FastifyRequest, flows: ReadonlyMap<string, LoginFlow>): { readonly provider: string; readonly flow: LoginFlow } {
  const { provider } = request.params as { readonly provider: string } // the path has that parameter
  const flow = flows.get(provider)
  if (flow === undefined) throw invalid('path', 'provider', `Unknown provider ${JSON.stringify(provider)}`)
  return { provider, flow }
}

/** Each parameter may be given once; those that are not known are left to the provider. @throws InvalidParameters naming every fault */
function parametersOf(
  request: FastifyRequest,
  mandatory: readonly string[],
  optional: readonly string[],
): Readonly<Record<string, string>> {
  const query = new Map<string, unknown>(Object.entries(request.query as object)) // Fastify parses the query string to an object
  const faults = [...mandatory, ...optional].flatMap((name): Fault[] => {
    const value = query.get(name)
    if (typeof value === 'string' ? value !== '' : value === undefined && optional.includes(name)) return []
    return [{ location: 'querystring', name, description: value === undefined || value === '' ? 'Required' : 'Should be given once' }]
  })
  const [first, ...others] = faults
  if (first !== undefined) throw new InvalidParameters([first, ...others])
  return Object.fromEntries([...mandatory, ...optional].flatMap((name) => (query.has(name) ? [[name, String(query.get(name))]] : [])))
}

function endpoint(step: 'login' | 'token', summary: string, names: readonly string[], handler: Endpoint['handler']): Endpoint {
  const parameters = names.map(
    (name): OperationParameter => ({ in: 'query', name, required: name !== 'prompt', schema: { type: 'string' } }),
  )
  return {
    method: 'GET',
    path: `/openid/:provider/${step}`,
    service: `openid_${step}`,
    summary,
    public: true,
    operation: {
      id: `openid_${step}`,
      tag: 'OpenID Connect',
      parameters,
      answers: { 307: { description: 'Where to go.', headers: { Location: 'The URL.' } } },
      errors: ['invalid-parameters', 'backend-unavailable', ...(step === 'token' ? (['invalid-login'] as const) : [])],
    },
    handler,
  }
}
