import type { FastifyInstance } from 'fastify'

/** What was logged as an error about a request. */
export interface LoggedError {
  readonly rid: unknown
  readonly err: Error
  readonly message: string
  readonly [detail: string]: unknown
}

/** Has errors about requests remembered in place of being written. */
export function rememberErrors({ log }: Pick<FastifyInstance, 'log'>): readonly LoggedError[] {
  const logged: LoggedError[] = []
  const child = log.child.bind(log)
  log.child = (bindings, options) =>
    Object.assign(child(bindings, options), {
      error: (details: { readonly err: Error }, message: string) => void logged.push({ rid: undefined, ...bindings, ...details, message }),
    })
  return logged
}
