/** A line of the log, before it is written. What else was logged stands beside these. */
export interface LogEntry {
  /** 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
  readonly level: number
  /** ISO 8601, UTC, with milliseconds. */
  readonly time: string
  readonly pid: number
  readonly hostname: string
  /** What happened: `request.summary` when a request is over. */
  readonly msg?: string
  /** An error, with its stack and those of its causes. */
  readonly err?: unknown
  readonly [field: string]: unknown
}

/** Where lines go. A Node.js `Writable` is one, too. */
export interface LogSink {
  /** Takes a line of JSON, with its end: a `LogEntry`. */
  write(line: string): unknown
  /** Called after a line of level fatal, which may be the last one: what was taken must be written when it returns. */
  flushSync?(): void
  /** Called when the service has closed. */
  end?(): unknown
}

/** Where the log is written to unless a renderer knows better: the standard output. */
export interface LogOutput extends LogSink {
  /** Whether it is a terminal that shows colours. */
  readonly showsColours: boolean
}

/** What the module of a renderer is given: `logging_renderer = some-module` calls its `createRenderer(options)`, which may return a promise. */
export interface RendererOptions {
  readonly projectName: string
  readonly output: LogOutput
}

/**
 * Shows the log: a function from an entry to its text, which is written with an end of line, unless it is empty; or a sink that does as it
 * likes. It is given each entry once, in the order in which they were logged. Where it throws the entry is written to the output as JSON.
 */
export type LogRenderer = ((entry: LogEntry) => string) | LogSink
