import type { LogLevel } from '../primitives/log-levels.ts'

/** What is told of a request beside an error in it: nothing that its client keeps secret, no body, no query string. */
export interface ReportedRequest {
  /** That of the log. */
  readonly id: string
  readonly method: string
  /** The route's path, with the names of its parameters in place of their values: `/v1/bookmarks/:id`; undefined where no route is. */
  readonly route: string | undefined
  /** The endpoint: `bookmark-record`; `unnamed` of a route without a name, `unknown` where no route is. */
  readonly service: string
  /** With the policy's prefix. Undefined if nobody is logged in, and for an id with an `@`, which may be an e-mail address. */
  readonly userId: string | undefined
  /** Those that tell nothing of the user: `accept`, `if-match`, `user-agent` and the like. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether it is part of a batch. */
  readonly isSubrequest: boolean
}

/**
 * What kind of error it is: a fault of the program in a request (500), a backend that could not do its work (503), or what nobody caught, after which the
 * process ends.
 */
export type ErrorKind = 'unexpected' | 'unavailable' | 'crash'

/** What the service logs. */
export interface LogRecord {
  readonly level: LogLevel
  readonly message: string
  /** What was logged as `err`. */
  readonly error: unknown
}

/**
 * Tells developers of errors. It is asked in the asynchronous context of the request that it is told of, and throws nothing: who is not reached must
 * neither break nor delay a request.
 */
export interface ErrorReporter {
  /** A request was routed. Not called for requests in a batch. */
  begin?(request: ReportedRequest): void
  /** An error, once, however often it is logged. @param request undefined outside of requests */
  report(error: unknown, kind: ErrorKind, request: ReportedRequest | undefined): void
  /** The service logged something, and `report` was not told of it. */
  note?(record: LogRecord, request: ReportedRequest | undefined): void
  /** Tells what is not told yet, within a few seconds, and ends. */
  close(): Promise<void>
}

/** What the module of a reporter is given: each of `error_reporters` exports `createErrorReporter(options)`, which may return a promise. */
export interface ReporterOptions {
  /** Name of the project. */
  readonly project: string
  /** Version of the project. */
  readonly version: string
  /** `production`, or `development`. */
  readonly environment: string
}
