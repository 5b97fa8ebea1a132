import { inspect } from 'node:util'
import { BackendError } from '../../errors/backend-error.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'

/** The command line makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command can't do what it was asked for. The message is all there is to say. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
}

/** Whether whoever read our output has gone. */
export const isBrokenPipe = (error: unknown): boolean => codeOf(error) === 'EPIPE' || codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE'

/** The error in one line, or with all that is known of it. */
export function failureText(error: unknown, { debug }: { readonly debug: boolean }): string {
  if (debug) return inspect(error)
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ')
  return isExpected(error) ? message : `${message} (--debug shows where)`
}

/** Whether the message says it all. */
export const isExpected = (error: unknown): boolean =>
  error instanceof UsageError ||
  error instanceof CommandFailure ||
  error instanceof ConfigurationError ||
  error instanceof BackendError ||
  /^E[A-Z]+$/.test(codeOf(error) ?? '')

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
