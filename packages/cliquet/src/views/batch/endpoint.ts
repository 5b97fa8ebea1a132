import type { FastifyRequest } from 'fastify'
import { catalogError, HttpError, type HttpErrorOptions } from '../../errors/http-error.ts'
import { invalid } from '../../errors/invalid-parameters.ts'
import type { Answer } from '../../http/answer.ts'
import { UnreadableBody } from '../../http/bodies.ts'
import type { Endpoint } from '../../http/endpoint.ts'
import { isLate } from '../../http/late-requests.ts'
import { JSON_TYPE } from '../../http/media-types.ts'
import { type Batch, subrequestOf } from '../../http/subrequest.ts'
import { draftOf } from '../../http/summary.ts'
import { isJsonObject } from '../../primitives/json.ts'
import type { ViewContext } from '../context.ts'
import { dispatch, inheritedHeaders, type Part } from './dispatch.ts'
import { createPeer } from './in-process.ts'
import { batchOperation } from './operation.ts'
import { type BatchRequest, parseBatch } from './request.ts'
import { isRecursive, targetOf } from './target.ts'

/** Several requests in one, in one transaction (R11). */
export function batchEndpoint(context: ViewContext): Endpoint {
  return {
    method: 'POST',
    path: '/batch',
    service: 'batch',
    summary: 'Several requests in one',
    public: true,
    bodyTypes: [JSON_TYPE],
    operation: batchOperation,
    handler: (request) => runBatch(context, request),
  }
}

async function runBatch(context: ViewContext, request: FastifyRequest): Promise<Answer> {
  const { settings } = context
  if (request.body instanceof UnreadableBody) throw invalid('body', '', request.body.description)
  const requests = parseBatch(request.body, settings.batchMaxRequests)
  const draft = draftOf(request)
  if (draft !== undefined) draft.batchSize = requests.length
  context.charge(request, requests.length - 1)
  const targets = requests.map(({ path }) => targetOf(path, settings.apiPrefix))
  if (subrequestOf(request) !== undefined || targets.some((target) => isRecursive(target, settings.apiPrefix))) {
    throw invalid('body', 'requests', 'Recursive call on /batch endpoint is forbidden.')
  }
  const parts = await context.transactions.ofBatch(
    (unit) => {
      const batch = { unit, users: new Map(), principals: new Map() }
      return runAll(request, requests, { targets, batch, apiPrefix: settings.apiPrefix })
    },
    (answered) => !isLate(request) && !answered.some(({ status }) => status === 409),
  )
  const responses = parts.map(
    ({ status, path, headers, body }) =>
      `{"status":${status},"path":${JSON.stringify(path)},"headers":${JSON.stringify(headers)},"body":${body}}`,
  )
  return { status: 200, headers: {}, text: `{"responses":[${responses.join(',')}]}` }
}

interface BatchRun {
  readonly apiPrefix: string
  readonly targets: readonly string[]
  readonly batch: Batch
}

/** One after the other (R11.11). @throws HttpError the first 5xx: it is the answer to the whole batch (R11.13) */
async function runAll(
  request: FastifyRequest,
  requests: readonly BatchRequest[],
  { targets, batch, apiPrefix }: BatchRun,
): Promise<readonly Part[]> {
  const peer = createPeer(request.socket, request.protocol === 'https')
  const call = { app: request.server, batch, apiPrefix, outerHeaders: inheritedHeaders(request), peer }
  const parts: Part[] = []
  for (const [index, one] of requests.entries()) {
    if (isLate(request)) throw catalogError('backend-unavailable')
    const part = await dispatch(call, targets[index] ?? '', one)
    if (part.status >= 500) throw wholeFailure(part)
    parts.push(part)
  }
  return parts
}

/** The error of a request, as that of the batch. */
function wholeFailure({ status, headers, body }: Part): HttpError {
  const envelope: unknown = JSON.parse(body)
  // HEAD has no envelope.
  if (!isJsonObject(envelope) && status === 503) return catalogError('backend-unavailable')
  const options = isJsonObject(envelope) ? (envelope as HttpErrorOptions) : {} // the members of R3.1; a view's own JSON has others, which are left out
  const { 'retry-after': retry } = headers
  return new HttpError(status, { ...options, headers: retry === undefined ? {} : { 'retry-after': retry } })
}
