import type { FastifyReply, FastifyRequest } from 'fastify'
import { beginSummary, type RequestObserver, type RequestSummary } from './summary.ts'

/** Who is told of requests. While there is nobody, nothing is kept of them. */
export interface RequestObservers {
  /** Has `observer` told of requests too. @returns what takes that back */
  add(observer: RequestObserver): () => void
  /** To be called at the beginning of each request, before anything that may answer it. */
  begin(request: FastifyRequest, reply: FastifyReply): void
}

/** Makes an empty list of observers. */
export function createRequestObservers(): RequestObservers {
  let observers: readonly RequestObserver[] = []

  function tell(summary: RequestSummary): void {
    for (const observer of observers) {
      try {
        observer(summary)
      } catch (error) {
        summary.request.log.error({ err: error }, 'an observer of requests failed')
      }
    }
  }

  return {
    add(observer) {
      // A function of its own, so that each call can be taken back by itself.
      const added: RequestObserver = (summary) => observer(summary)
      observers = [...observers, added]
      return () => {
        observers = observers.filter((known) => known !== added)
      }
    },
    begin(request, reply) {
      if (observers.length > 0) beginSummary(request, reply, tell)
    },
  }
}
