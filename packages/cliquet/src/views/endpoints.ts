import type { FastifyRequest } from 'fastify'
import { invalid } from '../errors/invalid-parameters.ts'
import { type Answer, jsonAnswer } from '../http/answer.ts'
import type { Endpoint } from '../http/endpoint.ts'
import type { Operation, OperationAnswer } from '../http/operation.ts'
import { subrequestOf } from '../http/subrequest.ts'
import { batchEndpoint } from './batch/endpoint.ts'
import type { ViewContext } from './context.ts'
import { explainEndpoints } from './explain.ts'
import { balancerHeartbeat, heartbeat } from './heartbeat.ts'
import { hello } from './hello.ts'
import { metrics } from './metrics.ts'
import { openapi } from './openapi.ts'
import { version } from './version.ts'

/** The utility endpoints of a service, all public (R2.1), by the name of the step of the start that serves them. */
export const utilities = {
  hello: (context) =>
    reading('/', 'server_info', 'What the service is and can do', (request) => hello(context, request)).map((endpoint) => ({
      ...endpoint,
      variesByUser: true,
    })),
  heartbeat: (context) => reading('/__heartbeat__', '__heartbeat__', 'Whether the backends work', (request) => heartbeat(context, request)),
  lbheartbeat: (context) =>
    reading('/__lbheartbeat__', '__lbheartbeat__', 'Whether the process takes requests', () => balancerHeartbeat(context)),
  version: (context) => reading('/__version__', '__version__', 'Which code is running', () => version(context)),
  exposition: (context) => {
    const { exposition } = context
    if (exposition === undefined) return []
    return reading('/__metrics__', '__metrics__', 'What was measured', (request) => metrics(context, exposition, request))
  },
  openapi: (context) => reading('/__api__', '__api__', 'This description, in OpenAPI 2.0', openapi(context)),
  contribute: ({ contribution }) =>
    contribution === undefined
      ? []
      : reading('/contribute.json', 'contribute', 'How to contribute to the project', () => jsonAnswer(200, contribution)),
  batch: (context) => [batchEndpoint(context)],
  explain: explainEndpoints,
  flush: (context) => (context.settings.flushEndpointEnabled ? [flushEndpoint(context)] : []),
} as const satisfies Readonly<Record<string, (context: ViewContext) => readonly Endpoint[]>>

/** The name of such a step. */
export type UtilityName = keyof typeof utilities

/** What those ask for who look after the service: answered whatever the load. */
const vital = new Set(['__heartbeat__', '__lbheartbeat__', '__version__', '__metrics__'])

function reading(path: string, service: string, summary: string, handler: Endpoint['handler']): Endpoint[] {
  const operation = utilityOperation(service)
  const common = { path, service, summary, public: true, vital: vital.has(service), operation, handler }
  return (['GET', 'HEAD'] as const).map((method) => ({ method, ...common }))
}

/** What the description of the service tells of a utility endpoint: most answer with an object. */
function utilityOperation(id: string): Operation {
  const answer: OperationAnswer = { description: 'The answer.', schema: { type: 'object' } }
  const operation: Operation = { id, tag: 'Utilities', answers: { 200: answer } }
  if (id === '__metrics__') {
    const text = { description: 'In the text format of Prometheus.', schema: { type: 'string' } }
    return { ...operation, answers: { 200: text, 204: { description: 'It can’t be told now.' } } }
  }
  if (id === '__heartbeat__') return { ...operation, answers: { 200: answer, 503: { ...answer, description: 'Something is ill.' } } }
  if (id === '__lbheartbeat__') return { ...operation, errors: ['backend-unavailable'] }
  if (id === '__flush__') return { ...operation, answers: { 202: answer } }
  return id === '__version__' ? { ...operation, errors: ['missing-url'] } : operation
}

/** Empties every backend (R2.7); not inside a batch, whose transaction it would wait for. */
function flushEndpoint({ storage, permission, cache, transactions }: ViewContext): Endpoint {
  async function handler(request: FastifyRequest): Promise<Answer> {
    if (subrequestOf(request) !== undefined) throw invalid('path', null, 'Not possible inside a batch')
    await Promise.all([storage.flush(), permission.flush(), cache.flush()])
    await transactions.flushed(request)
    return jsonAnswer(202, {})
  }
  const operation = utilityOperation('__flush__')
  return { method: 'POST', path: '/__flush__', service: '__flush__', summary: 'Delete everything', public: true, operation, handler }
}
