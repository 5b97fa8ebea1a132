import { isUtf8 } from 'node:buffer'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { catalogError, type HttpError } from '../errors/http-error.ts'
import type { Clock } from '../primitives/clock.ts'
import { sendAlert } from './alert.ts'
import { COMMON_EXPOSED, originHeaders } from './cors.ts'
import { REQUEST_ID } from './request-ids.ts'
import type { HttpSettings } from './settings.ts'
import { subrequestOf } from './subrequest.ts'
import { splitTarget } from './urls.ts'

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The deny-all policy of answers that set no other (R12.40). */
export const CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "

/** Sets the headers that every answer has, errors and redirections included (R12.1, R12.6, R12.22, R12.24, R12.40). */
export function commonHeaders(settings: HttpSettings, clock: Clock): (request: FastifyRequest, reply: FastifyReply) => void {
  const end = settings.eos === undefined ? undefined : endOfService(settings.eos)
  const sendOrigin = originHeaders(settings)
  return (request, reply) => {
    sendOrigin(request, reply)
    nameRequest(request, reply)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('content-security-policy', CONTENT_SECURITY_POLICY)
    if (request.method !== 'OPTIONS') reply.header('access-control-expose-headers', COMMON_EXPOSED)
    if (settings.backoff !== undefined && drawn(settings.backoffPercentage)) reply.header('backoff', String(settings.backoff))
    if (end !== undefined) {
      const code = clock() < end ? 'soft-eol' : 'hard-eol'
      sendAlert(reply, { code, message: settings.eosMessage ?? null, url: settings.eosUrl ?? settings.projectDocs })
    }
  }
}

/** Tells the client by which id the log knows its request. Those inside a batch are known by that of the batch. */
function nameRequest(request: FastifyRequest, reply: FastifyReply): void {
  if (subrequestOf(request) === undefined) reply.header(REQUEST_ID, request.id)
  // An application that the service is part of may give ids of its own, and know of no batches.
  else request.id = String(request.headers[REQUEST_ID])
}

/** The refusal of every request from the end of service on (R12.6), undefined before. */
export const endedService = ({ eos }: HttpSettings, clock: Clock): HttpError | undefined =>
  eos !== undefined && clock() >= endOfService(eos) ? catalogError('service-ended') : undefined

/** The first checks of every request, in the order of R3.21: 410, 400 of the URL, 405 in read-only mode. Undefined lets it pass. */
export function refusal(request: FastifyRequest, settings: HttpSettings, clock: Clock): HttpError | undefined {
  const ended = endedService(settings, clock)
  if (ended !== undefined) return ended
  const { query } = splitTarget(request.url)
  if (query.includes('%') && !isUtf8(percentDecoded(query))) return catalogError('invalid-query-string')
  if (settings.readonly && !readingMethods.has(request.method)) {
    return catalogError('method-not-allowed', { headers: { allow: [...readingMethods].join(', ') } })
  }
  return undefined
}

/** Whether a response is among the given percentage. */
const drawn = (percentage: number | undefined): boolean => percentage === undefined || Math.random() * 100 < percentage

/** The instant of an end of service; without a zone it is UTC (R12.6). */
export function endOfService(eos: string): number {
  const zoned = /^\d{4}-\d\d-\d\d$/.test(eos) || /(?:Z|[+-]\d\d:?\d\d)$/i.test(eos) ? eos : `${eos}Z`
  return Date.parse(zoned)
}

const percentDecoded = (text: string): Buffer =>
  Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
