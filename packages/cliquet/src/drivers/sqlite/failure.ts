import { BackendError } from '../../errors/backend-error.ts'

const BUSY = 5
const NO_MEMORY = 7
const READ_ONLY = 8
const IO_ERROR = 10
const CORRUPT = 11
const FULL = 13
const CANNOT_OPEN = 14
const PROTOCOL = 15
const NOT_A_DATABASE = 26
const READ_ONLY_UNTIL_RECOVERY = 264

const FATAL: ReadonlySet<number> = new Set([NO_MEMORY, READ_ONLY, IO_ERROR, CORRUPT, FULL, CANNOT_OPEN, NOT_A_DATABASE])

/** SQLite's extended result code, if the error is SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}

/** Whether somebody else holds the file right now: the same may succeed in a few milliseconds. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code !== undefined && ((code & 0xff) === BUSY || (code & 0xff) === PROTOCOL || code === READ_ONLY_UNTIL_RECOVERY)
}

/** Whether the file or the machine is at fault, so that no other operation would succeed either. */
export function isFatal(error: unknown): boolean {
  const code = sqliteCode(error)
  return code !== undefined && FATAL.has(code & 0xff)
}

/** A pause before the next attempt: random, so that processes that wait for each other don't stay in step. */
export const busyPause = (): number => 1 + Math.random() * 19

/** What callers get when the database fails. */
export function backendError(path: string, error: unknown): BackendError {
  if (error instanceof BackendError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const code = sqliteCode(error)
  return new BackendError(`SQLite database ${path}: ${reason}${code === undefined ? '' : ` (code ${code})`}`, { cause: error })
}
