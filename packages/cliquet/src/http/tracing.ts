import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { OpenSpan, SpanFacts, Tracing } from '../tracing/contract.ts'
import { statusOf } from './errors.ts'
import type { RequestObservers } from './observers.ts'
import { subrequestOf } from './subrequest.ts'
import type { RequestSummary } from './summary.ts'
import { splitTarget } from './urls.ts'

/** Methods that the conventions know; of any other only that it is another. */
const known = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'QUERY'])

/** Gives each request of an app a span, those inside a batch spans inside that of the batch. To be called before other hooks are added. */
export function traceRequests(app: FastifyInstance, tracing: Tracing, observers: RequestObservers): void {
  const spans = new WeakMap<FastifyRequest, OpenSpan>()
  app.addHook('onRequest', (request, _reply, done) => {
    const span = beginSpan(request, tracing)
    spans.set(request, span)
    // What comes later is inside it too: Fastify keeps the context while it reads the body.
    span.within(done)
  })
  app.addHook('onError', (request, _reply, error, done) => {
    if (statusOf(error) >= 500) spans.get(request)?.note(error)
    done()
  })
  observers.add((summary) => {
    spans.get(summary.request)?.end(factsAtEnd(summary), summary.status >= 500)
  })
}

function beginSpan(request: FastifyRequest, tracing: Tracing): OpenSpan {
  const method = known.has(request.method) ? request.method : '_OTHER'
  const route = request.is404 ? undefined : request.routeOptions.url
  const word = method === '_OTHER' ? 'HTTP' : method
  const name = route === undefined ? word : `${word} ${route}`
  const isInner = subrequestOf(request) !== undefined
  // The query string is left out: it may hold what nobody else should know.
  const facts = { 'http.request.method': method, 'http.route': route, 'url.path': splitTarget(request.url).path }
  if (isInner) return tracing.begin({ name, facts, headers: undefined })
  return tracing.begin({ name, facts: { ...facts, ...factsOfConnection(request, method) }, headers: request.headers })
}

function factsOfConnection(request: FastifyRequest, method: string): SpanFacts {
  return {
    'http.request.method_original': method === '_OTHER' ? request.method : undefined,
    'url.scheme': request.protocol,
    'server.address': request.hostname,
    'server.port': request.port ?? undefined,
    'client.address': request.ip,
    'network.protocol.version': request.raw.httpVersion,
    'user_agent.original': request.headers['user-agent'],
  }
}

function factsAtEnd({ status, service, errno, bytes, batchSize }: RequestSummary): SpanFacts {
  return {
    'http.response.status_code': status,
    'http.response.body.size': bytes,
    'error.type': status >= 500 ? String(status) : undefined,
    'cliquet.endpoint': service,
    'cliquet.errno': errno === 0 ? undefined : errno,
    'cliquet.batch_size': batchSize,
  }
}
