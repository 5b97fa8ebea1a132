import type { FastifyRequest } from 'fastify'
import { BackendError } from '../errors/backend-error.ts'
import { catalogError } from '../errors/http-error.ts'
import { type Answer, jsonAnswer } from '../http/answer.ts'
import { errorAnswer } from '../http/errors.ts'
import { subrequestOf } from '../http/subrequest.ts'
import { inTime } from '../primitives/time-limit.ts'
import type { Probe, ViewContext } from './context.ts'

/**
 * Runs every probe at the same time; one that throws or takes too long counts as false (R2.4). A service that ends says so as one more probe, that
 * fails: it works, but nobody shall send it anything.
 */
export async function heartbeat(context: ViewContext, request: FastifyRequest): Promise<Answer> {
  const { settings, readiness } = context
  const limit = settings.heartbeatTimeoutSeconds * 1000
  const results = await Promise.all(
    [...allProbes(context, request)].map(
      async ([name, probe]): Promise<[string, boolean | null]> => [name, await probed(name, probe, { request, limit })],
    ),
  )
  if (readiness.phase !== 'ready') results.push(['ready', false])
  const isWell = results.every(([, result]) => result !== false)
  return jsonAnswer(isWell ? 200 : 503, Object.fromEntries(results), isWell ? {} : { 'retry-after': String(settings.retryAfterSeconds) })
}

/**
 * Whether load balancers shall send requests to this process. No backend is asked: one whose database is gone still answers, and is not taken out
 * together with all the others. Before the service is ready and while it ends the answer is 503.
 */
export const balancerHeartbeat = ({ readiness, settings }: ViewContext): Answer =>
  readiness.phase === 'ready' ? jsonAnswer(200, {}) : errorAnswer(catalogError('backend-unavailable'), settings)

/** Inside a batch the backends are only read: a write beside its transaction could wait for the end of it, and so for itself. */
function allProbes({ storage, permission, cache, probes, settings }: ViewContext, request: FastifyRequest): ReadonlyMap<string, Probe> {
  const readonly = settings.readonly || subrequestOf(request) !== undefined
  return new Map<string, Probe>([
    ['storage', () => storage.check({ readonly })],
    ['permission', () => permission.check({ readonly })],
    ['cache', () => cache.check({ readonly })],
    ...probes,
  ])
}

interface ProbeRun {
  readonly request: FastifyRequest
  /** ms */
  readonly limit: number
}

async function probed(name: string, probe: Probe, { request, limit }: ProbeRun): Promise<boolean | null> {
  try {
    return await inTime(probe(request), limit, () => new BackendError(`no result after ${limit} ms`))
  } catch (error) {
    request.log.error({ err: error, probe: name }, 'a heartbeat probe failed')
    return false
  }
}
