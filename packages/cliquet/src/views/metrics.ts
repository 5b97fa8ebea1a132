import type { FastifyRequest } from 'fastify'
import { EVERYONE } from '../auth/principals.ts'
import type { Answer } from '../http/answer.ts'
import type { Exposition } from '../metrics/contract.ts'
import type { ViewContext } from './context.ts'

/** What was measured, as Prometheus reads it; 204 if that can't be told (R2.9). @throws HttpError 401 or 403 at whom the settings don't name */
export async function metrics(context: ViewContext, exposition: Exposition, request: FastifyRequest): Promise<Answer> {
  await requireReader(context, request)
  const text = await exposition.read()
  return text === undefined ? { status: 204, headers: {} } : { status: 200, headers: {}, text, type: exposition.contentType }
}

async function requireReader({ authentication, settings }: ViewContext, request: FastifyRequest): Promise<void> {
  const readers = settings.metricsEndpointPrincipals
  if (readers.includes(EVERYONE)) return
  const principals = await authentication.principals(request)
  if (!readers.some((reader) => principals.includes(reader))) throw authentication.refusal(request)
}
