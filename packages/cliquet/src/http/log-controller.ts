import { LogController } from 'fastify'

/** What Fastify logs by itself of requests: only what nobody else tells. Answers, errors and missing routes have lines of ours. */
export class QuietLogController extends LogController {
  constructor() {
    super({ requestIdLogLabel: 'rid' })
  }

  override incomingRequest(): void {}

  override requestCompleted(): void {}

  override routeNotFound(): void {}

  override streamError(...[error, request, reply]: Parameters<LogController['streamError']>): void {
    // A client that has gone is in the summary.
    if ('code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') return
    super.streamError(error, request, reply)
  }
}
