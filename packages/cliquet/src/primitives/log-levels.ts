/** The severities of log records, the least first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** How severe a log record is. */
export type LogLevel = (typeof logLevels)[number]

/** Whether a record of `level` is at least as severe as `least`. */
export const reaches = (level: LogLevel, least: LogLevel): boolean => logLevels.indexOf(level) >= logLevels.indexOf(least)
