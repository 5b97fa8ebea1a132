import { BackendError } from '../../errors/backend-error.ts'

/** PostgreSQL's five-character code of an error, if it has one. Those of the system (`EPIPE`) have no digit. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/**
 * Whether the connection can be used again after this error: the server answered, and does not go away. An error without the server's code is
 * one of the socket, or of an answer that did not come.
 */
export function leavesConnection(error: unknown): boolean {
  const state = sqlState(error)
  return state !== undefined && !/^(08|57P|25P0[34]|XX)/.test(state)
}

/** Whether the error says that what was written is at fault (data or constraint), rather than the server. */
export const concernsData = (error: unknown): boolean => /^2[23]/.test(sqlState(causeOf(error)) ?? '')

/** Whether the error says that the user of the connection may not do that. */
export const lacksRights = (error: unknown): boolean => sqlState(causeOf(error)) === '42501'

/** The unique constraint or index that what was written violates, if that is what the error says. */
export function violatedUniqueness(error: unknown): string | undefined {
  const cause = causeOf(error)
  if (sqlState(cause) !== '23505' || typeof cause !== 'object' || cause === null || !('constraint' in cause)) return undefined
  return typeof cause.constraint === 'string' ? cause.constraint : undefined
}

/** What callers get when the database fails. */
export function backendError(place: string, error: unknown): BackendError {
  if (error instanceof BackendError) return error
  const reason = reasonOf(error)
  const state = sqlState(error)
  return new BackendError(`PostgreSQL ${place}: ${reason}${state === undefined ? '' : ` (${state})`}`, { cause: error })
}

/** Of a host with several addresses, what each came to; the error for all of them has no message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

const causeOf = (error: unknown): unknown => (error instanceof BackendError ? error.cause : error)
