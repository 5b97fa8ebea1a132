import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** Claims, and what the header of the token shall say. */
export interface Minting {
  /** Replace the usual claims; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Default: the newest key. */
  readonly kid?: string
  readonly typ?: string
}

/** An opaque token that the provider knows. */
export interface Grant {
  readonly sub: string
  readonly scope?: string
  readonly aud?: string | readonly string[]
  /** s since the epoch. */
  readonly exp?: number
  readonly iss?: string
}

/** A small identity provider over HTTP: OpenID Connect, RFC 7662 and the form of it that Firefox Accounts has. */
export interface IdentityProvider {
  readonly issuer: string
  /** `client:secret` of the client that may introspect and exchange codes. */
  readonly clientId: string
  readonly clientSecret: string
  /** How often each path was asked for. */
  readonly asked: Map<string, number>
  /** The requests, as they came. */
  readonly requests: { readonly path: string; readonly authorization: string | undefined; readonly body: string }[]
  /** Sums up `asked`. */
  total(): number
  /** Signs a token for `sub: 'mat'`, valid for five minutes from now. */
  mint(minting?: Minting): Promise<string>
  /** Makes a new key, with which tokens are signed from now on. It is published at once unless told otherwise. @returns its id */
  rotate(options?: { readonly published?: boolean }): Promise<string>
  publish(kid: string): void
  withdraw(kid: string): void
  /** Profiles of userinfo by `sub`; without one it has the `sub` alone. */
  readonly profiles: Map<string, Readonly<Record<string, unknown>>>
  /** Opaque tokens. */
  readonly grants: Map<string, Grant>
  /** Tokens that are not accepted any more. */
  readonly revoked: Set<string>
  /** Codes of the login, and the `code_challenge` that was sent for them. */
  readonly codes: Map<string, string | null>
  /** What the configuration says in place of the truth; undefined leaves a member out. */
  configuration: Readonly<Record<string, unknown>>
  /** Answers everything in place of what it should. */
  broken: ((response: ServerResponse, request: IncomingMessage) => void) | undefined
  /** How long each answer is held back, ms. */
  delay: number
  /** Closes the server; its port stays free for `start`. */
  stop(): Promise<void>
  start(): Promise<void>
}

interface Key {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
  published: boolean
}

/** Starts a provider on a free port. It is stopped after the test, or the file, in which it was started. */
export async function startIdentityProvider({ now = Date.now }: { readonly now?: () => number } = {}): Promise<IdentityProvider> {
  const keys: Key[] = []
  const payloads = new Map<string, Readonly<Record<string, unknown>>>()
  let port = 0

  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', provider.issuer)
    provider.asked.set(url.pathname, (provider.asked.get(url.pathname) ?? 0) + 1)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    provider.requests.push({ path: request.url ?? '', authorization: request.headers.authorization, body })
    if (provider.delay > 0) await sleep(provider.delay, undefined, { ref: false })
    if (provider.broken !== undefined) return provider.broken(response, request)
    const { status, json } = answer(url, request, body)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
  }
  const failing = (request: IncomingMessage, response: ServerResponse): void => {
    listener(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  }
  let server = createServer(failing)

  /** Whose a bearer token is, signed or opaque. */
  function ownerOf(token: string): string | undefined {
    if (provider.revoked.has(token)) return undefined
    const claims = payloads.get(token)
    return typeof claims?.sub === 'string' ? claims.sub : provider.grants.get(token)?.sub
  }

  function answer(url: URL, request: IncomingMessage, body: string): { readonly status: number; readonly json: unknown } {
    const form = new URLSearchParams(body)
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return { status: 200, json: configurationOf(provider) }
      case '/jwks':
        return { status: 200, json: { keys: keys.filter(({ published }) => published).map(({ jwk }) => jwk) } }
      case '/userinfo': {
        const sub = ownerOf(request.headers.authorization?.slice('Bearer '.length) ?? '')
        return sub === undefined
          ? { status: 401, json: { error: 'invalid_token' } }
          : { status: 200, json: provider.profiles.get(sub) ?? { sub } }
      }
      case '/introspect': {
        const basic = Buffer.from(`${provider.clientId}:${provider.clientSecret}`).toString('base64')
        if (request.headers.authorization !== `Basic ${basic}`) return { status: 401, json: { error: 'invalid_client' } }
        const token = form.get('token') ?? ''
        const grant = provider.grants.get(token)
        return { status: 200, json: { active: grant !== undefined && !provider.revoked.has(token), ...grant } }
      }
      case '/v1/verify': {
        const { token } = JSON.parse(body) as { token: string } // what the policy sends
        const grant = provider.revoked.has(token) ? undefined : provider.grants.get(token)
        if (grant === undefined) return { status: 400, json: { code: 400, errno: 108, message: 'Invalid token' } }
        return { status: 200, json: { user: grant.sub, client_id: provider.clientId, scope: (grant.scope ?? '').split(' ') } }
      }
      case '/token':
        return tokenAnswer(form)
      case '/__heartbeat__':
        return { status: 200, json: {} }
      default:
        return { status: 404, json: {} }
    }
  }

  function tokenAnswer(form: URLSearchParams): { readonly status: number; readonly json: unknown } {
    const challenge = provider.codes.get(form.get('code') ?? '')
    const isOurs = form.get('client_id') === provider.clientId && form.get('client_secret') === provider.clientSecret
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (challenge === undefined || !isOurs || (challenge !== null && challenge !== verifier))
      return { status: 400, json: { error: 'invalid_grant' } }
    provider.codes.delete(form.get('code') ?? '')
    return { status: 200, json: { access_token: 'from-code', token_type: 'Bearer', note: 'ünïcode >>>???' } }
  }

  const provider: IdentityProvider = {
    issuer: '',
    clientId: 'our-client',
    clientSecret: 'our-secret',
    asked: new Map(),
    requests: [],
    total: () => [...provider.asked.values()].reduce((sum, count) => sum + count, 0),
    async mint({ claims = {}, kid, typ = 'JWT' } = {}) {
      const key = keys.findLast((candidate) => kid === undefined || candidate.kid === kid)
      if (key === undefined) throw new TypeError(`no key ${kid}`)
      const seconds = Math.floor(now() / 1000)
      const payload = { iss: provider.issuer, sub: 'mat', aud: provider.clientId, iat: seconds, exp: seconds + 300, ...claims }
      const token = await new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: key.kid, typ }).sign(key.privateKey)
      payloads.set(token, payload)
      return token
    },
    async rotate({ published = true } = {}) {
      const { privateKey, publicKey } = await generateKeyPair('ES256')
      const kid = `key-${keys.length}`
      keys.push({ kid, privateKey, published, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } })
      return kid
    },
    publish: (kid) => setPublished(keys, kid, true),
    withdraw: (kid) => setPublished(keys, kid, false),
    profiles: new Map(),
    grants: new Map(),
    revoked: new Set(),
    codes: new Map(),
    configuration: {},
    broken: undefined,
    delay: 0,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    async start() {
      server = createServer(failing)
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
      const address = server.address()
      port = typeof address === 'object' && address !== null ? address.port : 0
    },
  }
  await provider.start()
  Object.assign(provider, { issuer: `http://127.0.0.1:${port}` })
  await provider.rotate()
  after(() => provider.stop())
  return provider
}

function setPublished(keys: readonly Key[], kid: string, published: boolean): void {
  for (const key of keys) if (key.kid === kid) key.published = published
}

const configurationOf = ({ issuer, configuration }: IdentityProvider): unknown => ({
  issuer,
  jwks_uri: `${issuer}/jwks`,
  userinfo_endpoint: `${issuer}/userinfo`,
  introspection_endpoint: `${issuer}/introspect`,
  authorization_endpoint: `${issuer}/authorize?tenant=a`,
  token_endpoint: `${issuer}/token`,
  ...configuration,
})
