import type { FastifyInstance, FastifyRequest } from 'fastify'
import { subrequestOf } from '../../http/subrequest.ts'
import type { RequestObserver } from '../../http/summary.ts'
import { splitTarget } from '../../http/urls.ts'
import type { ProfileFolder } from '../../profiling/folder.ts'
import type { Profiler } from '../../profiling/profiler.ts'
import { intervalName, requestName } from './names.ts'

/** What profiles are taken with. */
export interface ProfilingParts {
  readonly profiler: Profiler
  readonly folder: ProfileFolder
  readonly observeRequests: (observer: RequestObserver) => void
  /** Is told of what could not be written. */
  readonly failed: (error: unknown) => void
}

/** The longest profile of a request, ms: a stream may never end. */
const LONGEST = 60_000

/**
 * Takes a profile of a request, then of the next one that begins after its end. Whatever else runs meanwhile is in the profile too, whose name says
 * how many other requests there were; they get none of their own.
 */
export function profileRequests(app: FastifyInstance, { profiler, folder, observeRequests, failed }: ProfilingParts): void {
  const begun = new Set<FastifyRequest>()
  let running: { readonly request: FastifyRequest; readonly finish: () => void; others: number } | undefined
  let written = Promise.resolve()

  function begin(request: FastifyRequest): void {
    // It takes its time, which is not the request's.
    profiler.start()
    const startedAt = Date.now()
    const since = performance.now()
    const profile = {
      request,
      others: begun.size,
      finish() {
        clearTimeout(timer)
        running = undefined
        const { path } = splitTarget(request.url)
        const about = { method: request.method, path, duration: performance.now() - since, startedAt, others: profile.others }
        written = folder.write(requestName(about), profiler.stop()).catch(failed)
      },
    }
    const timer = setTimeout(profile.finish, LONGEST).unref()
    running = profile
  }

  app.addHook('onRequest', (request, _reply, done) => {
    if (subrequestOf(request) === undefined) {
      if (running === undefined) begin(request)
      else running.others += 1
      begun.add(request)
    }
    done()
  })
  observeRequests(({ request }) => {
    begun.delete(request)
    if (running?.request === request) running.finish()
  })
  app.addHook('onClose', async () => {
    running?.finish()
    await written
    profiler.close()
  })
}

/** Takes one profile after the other, each so many ms long; those in which no request ended are not written. */
export function profileIntervals(app: FastifyInstance, length: number, parts: ProfilingParts): void {
  const { profiler, folder, observeRequests, failed } = parts
  let requests = 0
  let startedAt = Date.now()
  let written = Promise.resolve()

  function take(): void {
    const profile = profiler.stop()
    if (requests > 0) written = folder.write(intervalName({ startedAt, duration: Date.now() - startedAt, requests }), profile).catch(failed)
    requests = 0
  }

  observeRequests(({ isSubrequest }) => {
    if (!isSubrequest) requests += 1
  })
  profiler.start()
  const timer = setInterval(() => {
    take()
    startedAt = Date.now()
    profiler.start()
  }, length).unref()
  app.addHook('onClose', async () => {
    clearInterval(timer)
    take()
    await written
    profiler.close()
  })
}
