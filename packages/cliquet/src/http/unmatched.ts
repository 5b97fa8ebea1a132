import type { FastifyRequest } from 'fastify'
import { catalogError } from '../errors/http-error.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Answer } from './answer.ts'
import { cacheHeaders } from './caching.ts'
import { type OriginMatcher, preflightAnswer, preflightHeaders, refuseForeignOrigin } from './cors.ts'
import type { RoutesIndex } from './routes-index.ts'
import type { HttpSettings } from './settings.ts'
import { origin, splitTarget, withoutFinalSlashes } from './urls.ts'

/** What the answer to a request without a route depends on. */
export interface UnmatchedOptions {
  readonly settings: HttpSettings
  readonly routes: RoutesIndex
  readonly clock: Clock
  readonly allowed: OriginMatcher
}

/**
 * What a request gets that no route matches: where the URL exists a preflight's answer (R12.30) or 405, elsewhere a redirection to the version
 * prefix (R1.4–R1.8) or away from a trailing slash (R1.11–R1.13), else 404 (R1.9, R1.10).
 */
export function unmatchedAnswer(request: FastifyRequest, options: UnmatchedOptions): Answer {
  const { settings, routes, allowed } = options
  const { path } = splitTarget(request.url)
  const methods = routes.methodsOf(path)
  if (methods === undefined) return elsewhere(request, options)
  const foreign = refuseForeignOrigin(request, allowed)
  if (foreign !== undefined) throw foreign
  if (request.method === 'OPTIONS') return preflightAnswer(request, settings, methods)
  throw catalogError('method-not-allowed', { headers: { allow: methods.join(', ') } })
}

function elsewhere(request: FastifyRequest, { settings, clock }: UnmatchedOptions): Answer {
  const { path, query } = splitTarget(request.url)
  const [, segment = ''] = path.split('/', 2)
  const redirect = (target: string, ttl: number): Answer => ({
    status: 307,
    headers: { location: `${origin(request, settings)}${target}${query}`, ...cacheHeaders(ttl, clock) },
  })
  if (!/^v\d/.test(segment)) {
    if (request.method === 'OPTIONS') return { status: 200, headers: preflightHeaders(request, settings, ['OPTIONS']) }
    if (hasControlCharacter(path)) throw catalogError('missing-url')
    if (!settings.versionPrefixRedirectEnabled) throw catalogError('unsupported-version')
    return redirect(`/${settings.apiPrefix}${path.startsWith('/') ? path : '/'}`, settings.versionPrefixRedirectTtlSeconds)
  }
  if (segment !== settings.apiPrefix) throw catalogError(/^v\d+$/.test(segment) ? 'unsupported-version' : 'missing-url')
  if (!settings.trailingSlashRedirectEnabled || hasControlCharacter(path)) throw catalogError('missing-url')
  if (path === `/${settings.apiPrefix}`) return redirect(`${path}/`, settings.trailingSlashRedirectTtlSeconds)
  if (path.endsWith('/')) return redirect(withoutFinalSlashes(path), settings.trailingSlashRedirectTtlSeconds)
  throw catalogError('missing-url')
}

/** Also after decoding; a path that can't be decoded was refused before. */
function hasControlCharacter(path: string): boolean {
  return /%[01][0-9a-f]|%7f|\p{Cc}/iu.test(path)
}
