import type { FastifyBaseLogger } from 'fastify'

type Bindings = Parameters<FastifyBaseLogger['child']>[0]
type ChildOptions = Parameters<FastifyBaseLogger['child']>[1]

/**
 * The log of one request, whose lines have its id. A logger for it is made when it has something to say: one for each request costs a tenth of
 * a poll, and most say nothing.
 */
export const createRequestLog = (log: FastifyBaseLogger, bindings: Bindings, options?: ChildOptions): FastifyBaseLogger =>
  new RequestLog(log, bindings, options)

class RequestLog implements FastifyBaseLogger {
  readonly #log: FastifyBaseLogger
  readonly #bindings: Bindings
  readonly #options: ChildOptions
  #made: FastifyBaseLogger | undefined

  constructor(log: FastifyBaseLogger, bindings: Bindings, options: ChildOptions) {
    this.#log = log
    this.#bindings = bindings
    this.#options = options
  }

  get #own(): FastifyBaseLogger {
    this.#made ??= this.#log.child(this.#bindings, this.#options)
    return this.#made
  }

  get level(): string {
    return this.#own.level
  }

  set level(level: string) {
    this.#own.level = level
  }

  child(bindings: Bindings, options?: ChildOptions): FastifyBaseLogger {
    return this.#own.child(bindings, options)
  }

  trace(...given: unknown[]): void {
    Reflect.apply(this.#own.trace, this.#own, given)
  }

  debug(...given: unknown[]): void {
    Reflect.apply(this.#own.debug, this.#own, given)
  }

  info(...given: unknown[]): void {
    Reflect.apply(this.#own.info, this.#own, given)
  }

  warn(...given: unknown[]): void {
    Reflect.apply(this.#own.warn, this.#own, given)
  }

  error(...given: unknown[]): void {
    Reflect.apply(this.#own.error, this.#own, given)
  }

  fatal(...given: unknown[]): void {
    Reflect.apply(this.#own.fatal, this.#own, given)
  }

  silent(...given: unknown[]): void {
    Reflect.apply(this.#own.silent, this.#own, given)
  }
}
