import { BackendError } from '../../errors/backend-error.ts'

/** PostgreSQL's five-character code of an error, if it has one. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/**
 * Whether the connection can be used again after this error: the server answered, and does not go away. An error without the server's code is
 * one of the socket, or of an answer that did not come.
 */
export function leavesConnection(error: unknown): boolean {
  const state = sqlState(error)
  return state !== undefined && !state.startsWith('08') && !state.startsWith('57P') && !state.startsWith('XX')
}

/** Whether the error says that what was written is at fault (data or constraint), rather than the server. */
export const concernsData = (error: unknown): boolean => /^2[23]/.test(sqlState(causeOf(error)) ?? '')

/** What callers get when the database fails. */
export function backendError(place: string, error: unknown): BackendError {
  if (error instanceof BackendError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const state = sqlState(error)
  return new BackendError(`PostgreSQL ${place}: ${reason}${state === undefined ? '' : ` (${state})`}`, { cause: error })
}

const causeOf = (error: unknown): unknown => (error instanceof BackendError ? error.cause : error)
