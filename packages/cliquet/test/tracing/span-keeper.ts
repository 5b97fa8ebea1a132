import { SpanStatusCode, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'

/** What the process's SDK has been told. */
export interface SpanKeeper {
  /** Waits for a span of that name, the first since the last `clear`. */
  span(name: string): Promise<ReadableSpan>
  /** Those that are there, in the order of their ends. */
  all(): readonly ReadableSpan[]
  clear(): void
}

/** Sets up the SDK of this process, once: spans are kept in memory. */
export function keepSpans(): SpanKeeper {
  const exporter = new InMemorySpanExporter()
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
  const all = (): readonly ReadableSpan[] => exporter.getFinishedSpans()
  return {
    all,
    clear: () => exporter.reset(),
    async span(name) {
      for (let turn = 0; turn < 500; turn += 1) {
        const found = all().find((span) => span.name === name)
        if (found !== undefined) return found
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      throw new Error(
        `there is no span ${name}, but: ${all()
          .map((span) => span.name)
          .join(', ')}`,
      )
    },
  }
}

/** The id of the span that this one is part of. */
export const parentOf = ({ parentSpanContext }: ReadableSpan): string | undefined => parentSpanContext?.spanId

/** The id of a span. */
export const idOf = (span: ReadableSpan): string => span.spanContext().spanId

/** Whether it is told as failed. */
export const hasFailed = ({ status }: ReadableSpan): boolean => status.code === SpanStatusCode.ERROR

/** The id of the span that is under way. */
export const activeId = (): string | undefined => trace.getActiveSpan()?.spanContext().spanId
