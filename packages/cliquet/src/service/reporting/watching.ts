import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { statusOf } from '../../http/errors.ts'
import type { ErrorReporter } from '../../reporting/contract.ts'
import { watchCrashes } from './crashes.ts'
import { type JoinedReporters, joinReporters } from './joined-reporters.ts'
import type { LogTap } from './log-tap.ts'
import { createReportedRequest, type OwnReportedRequest } from './reported-request.ts'

/** Has the reporters told of the errors of an app's requests, of what is logged, and of what nobody catches in the process, until the app closes. */
export function watchErrors(app: FastifyInstance, reporters: readonly ErrorReporter[], tap: LogTap): void {
  const reporter = joinReporters(reporters)
  const current = new AsyncLocalStorage<OwnReportedRequest>()
  watchRequests(app, reporter, current)
  tap.observer = (record) => reporter.note(record, current.getStore())
  const forgetCrashes = watchCrashes({
    report: (error) => reporter.report(error, 'crash', current.getStore()),
    flush: () => reporter.close(),
  })
  app.addHook('onClose', async () => {
    forgetCrashes()
    tap.observer = undefined
    await reporter.close()
  })
}

function watchRequests(app: FastifyInstance, reporter: JoinedReporters, current: AsyncLocalStorage<OwnReportedRequest>): void {
  const requests = new WeakMap<FastifyRequest, OwnReportedRequest>()
  app.addHook('onRequest', (request, _reply, done) => {
    const reported = createReportedRequest(request, current.getStore())
    requests.set(request, reported)
    current.run(reported, () => {
      if (!reported.isSubrequest) reporter.begin(reported)
      done()
    })
  })
  app.addHook('onError', (request, _reply, error, done) => {
    const reported = requests.get(request)
    const status = statusOf(error)
    if (status >= 500) {
      // A batch fails by a request in it, whose error was told.
      if (reported?.hasFailedPart) reporter.overlook(error)
      else reporter.report(error, status === 503 ? 'unavailable' : 'unexpected', reported)
      reported?.fail()
    }
    done()
  })
}
