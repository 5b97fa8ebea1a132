import { format } from 'node:util'
import { type LogLevel, logLevels } from '../../primitives/log-levels.ts'
import type { LogRecord } from '../../reporting/contract.ts'

/** Writes a record, from what was said. */
type WriteRecord = (this: unknown, ...said: never[]) => void

/** Lets others see what is logged, while it is written as ever. */
export interface LogTap {
  /** Is told of each record that the log's level lets pass. */
  observer: ((record: LogRecord) => void) | undefined
  /** Pino's hook of that name. */
  readonly logMethod: (this: unknown, said: unknown[], write: WriteRecord, level: number) => void
}

/** Makes a tap that nobody looks at. */
export function createLogTap(): LogTap {
  const tap: LogTap = {
    observer: undefined,
    logMethod(said, write, level) {
      write.apply(this, said as never[]) // what it was called with
      tap.observer?.(recordOf(said, level))
    },
  }
  return tap
}

/** What was said: `(message)`, `(error, message)` or `({ err, … }, message)`, with values for the message's `%s` behind it. */
function recordOf([first, ...rest]: readonly unknown[], level: number): LogRecord {
  if (typeof first === 'string') return { level: nameOf(level), message: format(first, ...rest), error: undefined }
  const { err: error = first instanceof Error ? first : undefined, msg } = (first ?? {}) as { err?: unknown; msg?: unknown } // asked of whatever it is
  const said = rest.length > 0 ? format(...rest) : msg
  return { level: nameOf(level), message: typeof said === 'string' ? said : error instanceof Error ? error.message : '', error }
}

/** Pino's levels are ten apart; one of somebody's own counts as the one below it. */
const nameOf = (level: number): LogLevel => logLevels[Math.min(Math.max(Math.floor(level / 10), 1), logLevels.length) - 1] ?? 'fatal'
