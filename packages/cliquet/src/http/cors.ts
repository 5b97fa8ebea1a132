import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Fault, InvalidParameters } from '../errors/invalid-parameters.ts'
import type { Answer } from './answer.ts'
import type { HttpSettings } from './settings.ts'

const common = ['Alert', 'Backoff', 'Content-Length', 'Content-Type', 'Retry-After']
const reading = [...common, 'Cache-Control', 'ETag', 'Expires', 'Last-Modified', 'Pragma']

/** The headers that scripts of other origins may read of any answer (R12.24). */
export const COMMON_EXPOSED = common.join(', ')

/** What scripts may read of the answers of an endpoint of a resource (R12.24). */
export const EXPOSED = {
  record: reading.join(', '),
  list: [...reading, 'Next-Page'].join(', '),
  count: [...reading, 'Next-Page', 'Total-Objects', 'Total-Records'].join(', '),
} as const

/** Says which origin may read an answer, also one that is refused before CORS is looked at (R12.9, R12.20–R12.22). */
export function originHeaders({ corsOrigins }: HttpSettings): (request: FastifyRequest, reply: FastifyReply) => void {
  const allowed = originMatcher(corsOrigins)
  const isOpen = corsOrigins.includes('*')
  return ({ headers: { origin } }, reply) => {
    const allow = origin === undefined ? undefined : allowed(origin)
    if (allow !== undefined) reply.header('access-control-allow-origin', allow)
    if (!isOpen) reply.header('vary', 'Origin')
  }
}

/** Gives the value of `Access-Control-Allow-Origin` for an origin, or undefined for one that is not allowed. */
export type OriginMatcher = (origin: string) => string | undefined

/** Makes the matcher of the setting `cors_origins`; `*` in an origin stands for any text (R12.20). */
export function originMatcher(origins: readonly string[]): OriginMatcher {
  if (origins.includes('*')) return () => '*'
  const patterns = origins.map((origin) => new RegExp(`^${origin.split('*').map(literally).join('.*')}$`, 'i'))
  return (origin) => (patterns.some((pattern) => pattern.test(origin)) ? origin : undefined)
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** Refuses a foreign origin on an endpoint (R12.23). Elsewhere its answer just lacks the header. */
export function refuseForeignOrigin(request: FastifyRequest, allowed: OriginMatcher): InvalidParameters | undefined {
  const { origin } = request.headers
  return origin === undefined || allowed(origin) !== undefined ? undefined : refused('Origin', `${origin} not allowed`)
}

/**
 * The answer to a preflight of an endpoint that has these methods (R12.30). Which origin may read it is said as on every answer.
 * @throws InvalidParameters if a header is missing, or the endpoint lacks the method (R12.31)
 */
export function preflightAnswer(request: FastifyRequest, settings: HttpSettings, methods: readonly string[]): Answer {
  const { origin, 'access-control-request-method': method } = request.headers
  const missing = [...(origin === undefined ? ['Origin'] : []), ...(method === undefined ? ['Access-Control-Request-Method'] : [])]
  const [first, ...others] = missing.map((name): Fault => ({ location: 'header', name, description: `${name}: this header is mandatory` }))
  if (first !== undefined) throw new InvalidParameters([first, ...others])
  if (method !== undefined && !methods.includes(method.toUpperCase())) {
    throw refused('Access-Control-Request-Method', 'Access-Control-Request-Method: Method not allowed')
  }
  return { status: 200, headers: preflightHeaders(request, settings, methods) }
}

/** What a preflight is told: every header is allowed that it asks for. */
export function preflightHeaders(
  { headers }: FastifyRequest,
  { corsMaxAgeSeconds }: HttpSettings,
  methods: readonly string[],
): Answer['headers'] {
  const wanted = headers['access-control-request-headers']
  return {
    'access-control-allow-methods': methods.join(', '),
    ...(wanted === undefined ? {} : { 'access-control-allow-headers': wanted }),
    ...(corsMaxAgeSeconds ? { 'access-control-max-age': String(corsMaxAgeSeconds) } : {}),
  }
}

const refused = (name: string, description: string): InvalidParameters => new InvalidParameters([{ location: 'header', name, description }])
