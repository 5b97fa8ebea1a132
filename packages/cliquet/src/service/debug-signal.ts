import type { FastifyBaseLogger } from 'fastify'

/** SIGUSR2, which has everything logged, and at the next one no more than before. */
export interface DebugSignal {
  heed(): void
  forget(): void
}

/** Makes what changes the level of a log at the signal; nothing is done before it is heeded. */
export function createDebugSignal(log: FastifyBaseLogger): DebugSignal {
  const isDebug = (level: string): boolean => level === 'debug' || level === 'trace'
  let usual = isDebug(log.level) ? 'info' : log.level
  function toggle(): void {
    if (isDebug(log.level)) log.level = usual
    else {
      usual = log.level
      log.level = 'debug'
    }
    log.info({ log_level: log.level }, 'SIGUSR2: the level of the log has changed')
  }
  return {
    heed: () => void process.on('SIGUSR2', toggle),
    forget: () => void process.removeListener('SIGUSR2', toggle),
  }
}
