import type { PolicyObserver } from '../../auth/recognition.ts'
import type { RequestObserver, RequestSummary } from '../../http/summary.ts'
import type { Labels, Metrics } from '../../metrics/contract.ts'
import { noMetrics } from '../../metrics/none/index.ts'

/**
 * Measures requests. `fields` are parameters of paths that become labels; they have no value where the answer is an error, so that nobody makes up
 * values of theirs.
 */
export function measureRequests(metrics: Metrics, fields: readonly string[]): RequestObserver {
  return (summary) => {
    const { method, service: endpoint, status, bytes, userId, policy } = summary
    const matched = fields.length === 0 ? undefined : fieldsOf(summary, fields)
    const labels = { method, endpoint, ...matched }
    metrics.count('request_summary', { labels: { method, endpoint, status: String(status), ...matched } })
    if (bytes !== undefined) metrics.observe('request_size', bytes, labels)
    if (bytes !== undefined || !isEventStream(summary)) metrics.time('request_duration', summary.duration, labels)
    if (policy === undefined) return
    metrics.count('authentication', { labels: { type: policy } })
    if (userId !== undefined) metrics.count('users', { labels: { auth: policy }, unique: userId })
  }
}

const authenticating: Labels = { method: 'authenticate' }

/** Measures how long policies take to tell who sends a request; nothing where nothing is measured. */
export function measurePolicies(metrics: Metrics): PolicyObserver | undefined {
  if (metrics === noMetrics) return undefined
  return (policy, _outcome, duration) => metrics.time(`authentication.${policy}`, duration, authenticating)
}

function fieldsOf({ status, request }: RequestSummary, fields: readonly string[]): Labels {
  const parameters: unknown = status < 400 ? request.params : undefined
  const textOf = (field: string): string => {
    const value: unknown = typeof parameters === 'object' && parameters !== null ? Reflect.get(parameters, field) : undefined
    return typeof value === 'string' ? value : ''
  }
  return Object.fromEntries(fields.map((field) => [field, textOf(field)]))
}

/** A stream of changes lasts as long as its client likes. */
const isEventStream = ({ reply }: RequestSummary): boolean => String(reply.getHeader('content-type') ?? '').startsWith('text/event-stream')
