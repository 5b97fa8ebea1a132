import type { FastifyRequest } from 'fastify'
import { type Answer, jsonAnswer } from '../http/answer.ts'
import { subrequestOf } from '../http/subrequest.ts'
import type { Probe, ViewContext } from './context.ts'

/** Runs every probe at the same time; one that throws or takes too long counts as false (R2.4). */
export async function heartbeat(context: ViewContext, request: FastifyRequest): Promise<Answer> {
  const limit = context.settings.heartbeatTimeoutSeconds * 1000
  const results = await Promise.all(
    [...allProbes(context, request)].map(
      async ([name, probe]): Promise<[string, boolean | null]> => [name, await probed(name, probe, { request, limit })],
    ),
  )
  const isWell = results.every(([, result]) => result !== false)
  return jsonAnswer(isWell ? 200 : 503, Object.fromEntries(results))
}

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
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, limit, false)
  })
  try {
    return await Promise.race([probe(request), late])
  } catch (error) {
    request.log.error({ reqId: request.id, err: error, probe: name }, 'a heartbeat probe failed')
    return false
  } finally {
    clearTimeout(timer)
  }
}
