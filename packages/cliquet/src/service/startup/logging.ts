import type { FastifyBaseLogger } from 'fastify'
import { createConcealment } from '../../http/concealment.ts'
import type { RequestObserver } from '../../http/summary.ts'
import { bodyDetails, headerDetails } from '../../http/summary-details.ts'
import { summaryLine } from '../../http/summary-line.ts'
import type { ServiceLog } from '../log.ts'
import { subject } from '../named-module.ts'
import type { StartStep, StartUp } from './step.ts'

/** Opens the log, unless it is that of the application that the service is part of, and tells it of every request. */
export const loggingStep = (log: ServiceLog | undefined): StartStep => ({
  name: 'logging',
  async run(start) {
    const { settings, app } = start
    if (log !== undefined) await log.open(settings)
    else if (settings.loggingRenderer !== undefined) {
      app.log.warn(`${subject(settings, 'logging_renderer')} has no effect: the log is that of the application`)
    }
    tellRequests(start)
  },
})

/** Requests are observed while their lines would be logged, and not else: the level may change at any time. */
function tellRequests(start: StartUp): void {
  const { app, observeRequests } = start
  const { log } = app
  const observer = summaryLogger(start)
  let forget: (() => void) | undefined
  function follow(): void {
    if (logs(log, 'info')) forget ??= observeRequests(observer)
    else {
      forget?.()
      forget = undefined
    }
  }
  follow()
  if (!tellsLevels(log)) return
  log.on('level-change', follow)
  // An application's log lives longer than the service.
  app.addHook('onClose', async () => void log.off('level-change', follow))
}

function summaryLogger({ app, settings }: StartUp): RequestObserver {
  const { log } = app
  const isDebug = (): boolean => logs(log, 'debug')
  const conceal = createConcealment(settings.loggingHidden)
  const details = settings.loggingBodies ? bodyDetails(app, conceal, isDebug) : headerDetails(conceal)
  return (summary) => {
    const line = summaryLine(summary, conceal)
    const told = isDebug() ? { ...line, ...details(summary) } : line
    log.info(told, summary.isSubrequest ? 'subrequest.summary' : 'request.summary')
  }
}

/** An application may have a logger other than pino, which need not say what it logs: it is told the usual. */
const logs = (log: FastifyBaseLogger, level: 'info' | 'debug'): boolean =>
  'isLevelEnabled' in log && typeof log.isLevelEnabled === 'function' ? log.isLevelEnabled(level) === true : level === 'info'

interface LevelTeller {
  on(event: 'level-change', listener: () => void): void
  off(event: 'level-change', listener: () => void): void
}

const tellsLevels = (log: FastifyBaseLogger): log is FastifyBaseLogger & LevelTeller =>
  'on' in log && typeof log.on === 'function' && 'off' in log && typeof log.off === 'function'
