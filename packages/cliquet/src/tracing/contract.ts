import type { IncomingHttpHeaders } from 'node:http'

/** What is known of a span, by the names of OpenTelemetry's conventions. Members that are undefined are left out. */
export type SpanFacts = Readonly<Record<string, string | number | undefined>>

/** A span that was begun, and ends when it is told to. */
export interface OpenSpan {
  /** Runs work inside it, and so does everything that this work begins. */
  within<T>(work: () => T): T
  /** Takes note of an error. */
  note(error: unknown): void
  /** Ends it. `isFailure`: whether it is the service that has failed. */
  end(facts: SpanFacts, isFailure: boolean): void
}

/** A request whose span begins. */
export interface TracedRequest {
  readonly name: string
  readonly facts: SpanFacts
  /** They tell which trace the request belongs to; without them it is a part of what is under way. */
  readonly headers: IncomingHttpHeaders | undefined
}

/** Makes spans. There is no cost where there is no tracing, since there is none of these. */
export interface Tracing {
  /** Begins the span of a request. */
  begin(request: TracedRequest): OpenSpan
  /** Runs work in a span, which is part of what is under way, and ends with it. Gives what it gives, throws what it throws. */
  run<T>(name: string, facts: SpanFacts, work: () => Promise<T>): Promise<T>
}
