import type { Attributes, Context, Exception, Span } from '@opentelemetry/api'
import type { OpenSpan, SpanFacts, TracedRequest, Tracing } from '../contract.ts'

/** What the library exports. */
export type OpenTelemetryApi = typeof import('@opentelemetry/api')

/** Makes spans with OpenTelemetry. */
export function createTracing(api: OpenTelemetryApi): Tracing {
  const { context, propagation, trace, SpanKind, SpanStatusCode } = api
  const tracer = trace.getTracer('cliquet')

  function note(span: Span, error: unknown): void {
    span.recordException(exceptionOf(error))
  }

  function begin({ name, facts, headers }: TracedRequest): OpenSpan {
    const active = context.active()
    // Another instrumentation may have begun the span of the request already, which ours is then a part of.
    const isEntrance = headers !== undefined && trace.getSpan(active) === undefined
    const parent: Context = isEntrance ? propagation.extract(active, headers) : active
    const span = tracer.startSpan(name, { kind: isEntrance ? SpanKind.SERVER : SpanKind.INTERNAL, attributes: attributesOf(facts) }, parent)
    const inside = trace.setSpan(parent, span)
    return {
      within: (work) => context.with(inside, work),
      note: (error) => note(span, error),
      end(more, isFailure) {
        if (span.isRecording()) span.setAttributes(attributesOf(more))
        if (isFailure) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      },
    }
  }

  function run<T>(name: string, facts: SpanFacts, work: () => Promise<T>): Promise<T> {
    return tracer.startActiveSpan(name, { attributes: attributesOf(facts) }, async (span) => {
      try {
        return await work()
      } catch (error) {
        note(span, error)
        span.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    })
  }

  return { begin, run }
}

/** Members that are undefined are left out by the SDK, whose type knows them. */
const attributesOf = (facts: SpanFacts): Attributes => facts

const exceptionOf = (error: unknown): Exception => (error instanceof Error ? error : String(error))
