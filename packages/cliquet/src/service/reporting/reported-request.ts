import type { FastifyRequest } from 'fastify'
import { subrequestOf } from '../../http/subrequest.ts'
import { serviceOf } from '../../http/summary.ts'
import type { ReportedRequest } from '../../reporting/contract.ts'

/** Headers that tell what was asked for, and nothing of who asks. */
const harmless = ['accept', 'content-length', 'content-type', 'if-match', 'if-none-match', 'user-agent']

/** A request that is watched. */
export interface OwnReportedRequest extends ReportedRequest {
  /** Whether it is a batch and a request in it has failed. */
  readonly hasFailedPart: boolean
  /** It has failed, and with it the batch that it is part of. */
  fail(): void
}

/** Makes what is told of a request; it is worked out when it is asked for. `outer`: the batch that it may be part of. */
export const createReportedRequest = (request: FastifyRequest, outer: OwnReportedRequest | undefined): OwnReportedRequest =>
  new Reported(request, outer instanceof Reported ? outer : undefined)

class Reported implements OwnReportedRequest {
  hasFailedPart = false
  readonly #request: FastifyRequest
  readonly #outer: Reported | undefined

  constructor(request: FastifyRequest, outer: Reported | undefined) {
    this.#request = request
    this.#outer = outer
  }

  fail(): void {
    if (this.isSubrequest && this.#outer !== undefined) this.#outer.hasFailedPart = true
  }

  get id(): string {
    return this.#request.id
  }

  get method(): string {
    return this.#request.method
  }

  get route(): string | undefined {
    return this.#request.is404 ? undefined : this.#request.routeOptions.url
  }

  get service(): string {
    return serviceOf(this.#request)
  }

  get userId(): string | undefined {
    const { userId } = this.#request
    return userId?.includes('@') ? undefined : userId
  }

  get headers(): Readonly<Record<string, string>> {
    const { headers } = this.#request
    return Object.fromEntries(harmless.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])))
  }

  get isSubrequest(): boolean {
    return subrequestOf(this.#request) !== undefined
  }
}
