import { createHash } from 'node:crypto'
import { BackendError } from '../../errors/backend-error.ts'
import { basicCredentials } from '../bearer/introspection.ts'
import type { Kept } from '../bearer/kept.ts'
import { objectIn, type Provider, unexpectedStatus } from '../bearer/provider.ts'
import type { LoginAnswer, LoginFlow, LoginRequest } from '../login/flow.ts'
import type { Configuration } from './discovery.ts'
import type { OpenidSettings } from './settings.ts'

/** The authorization code flow of a provider (R4.7). */
export function createLogin(settings: OpenidSettings, provider: Provider, discovery: Kept<Configuration>): LoginFlow {
  const { loginCallbacks, stateTtl, bearer } = settings
  return {
    callbacks: loginCallbacks,
    stateTtl,
    neededScopes: bearer.useridField === 'email' ? ['email'] : [],
    authorize: async (request) => authorizationUrl(settings, await discovery.get(), request),
    exchange: async (answer) => exchange(settings, await discovery.get(), provider, answer),
  }
}

function authorizationUrl(
  { clientId, audience, hasAudience }: OpenidSettings,
  configuration: Configuration,
  request: LoginRequest,
): string {
  const { authorizationEndpoint, knowsChallenges } = configuration
  if (authorizationEndpoint === undefined) throw new BackendError(`the provider's configuration has no "authorization_endpoint"`)
  const url = new URL(authorizationEndpoint)
  const parameters = {
    client_id: clientId,
    response_type: 'code',
    scope: request.scope,
    redirect_uri: request.redirectUri,
    state: request.state,
    ...(hasAudience ? { audience: audience.join(' ') } : {}),
    ...(request.silent ? { prompt: 'none' } : {}),
    ...(knowsChallenges ? { code_challenge: sha256(request.verifier), code_challenge_method: 'S256' } : {}),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

async function exchange(
  { clientId, clientSecret }: OpenidSettings,
  { tokenEndpoint, wantsBasicCredentials, knowsChallenges }: Configuration,
  provider: Provider,
  { code, redirectUri, verifier }: LoginAnswer,
): Promise<string | undefined> {
  if (tokenEndpoint === undefined) throw new BackendError(`the provider's configuration has no "token_endpoint"`)
  const isInHeader = wantsBasicCredentials && clientSecret !== undefined
  const fields = {
    grant_type: 'authorization_code',
    code,
    client_id: clientId,
    redirect_uri: redirectUri,
    ...(clientSecret === undefined || isInHeader ? {} : { client_secret: clientSecret }),
    ...(knowsChallenges ? { code_verifier: verifier } : {}),
  }
  const headers: Record<string, string> = isInHeader ? { authorization: basicCredentials(clientId, clientSecret) } : {}
  const reply = await provider.send(tokenEndpoint, { body: { type: 'form', fields }, headers })
  if (reply.status === 400) return undefined
  if (reply.status !== 200) throw unexpectedStatus(reply, 'the token endpoint')
  return JSON.stringify(objectIn(reply, 'the answer of the token endpoint'))
}
