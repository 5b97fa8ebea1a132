import { BackendError } from '../../errors/backend-error.ts'

/** What callers get when Redis fails. */
export function redisError(place: string, error: unknown): BackendError {
  if (error instanceof BackendError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new BackendError(`Redis ${place}: ${reason}`, { cause: error })
}

/** Whether the server says that it does not know a script by its digest: it was restarted, or never saw it. */
export const isUnknownScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

/** Whether the server says that it may not be written to: it became a replica while we were connected. */
export const isReplica = (error: Error): boolean => error.message.startsWith('READONLY')

/** Whether the driver says that it could not send a command: the connection has just ended. Such a one can be sent again. */
export const wasNotSent = (error: unknown): boolean => error instanceof Error && error.message.startsWith("Stream isn't writeable")
