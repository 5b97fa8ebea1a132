import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { catalogError } from '../errors/http-error.ts'
import { invalid } from '../errors/invalid-parameters.ts'
import { InvalidJson, parseJson } from '../schema/json-text.ts'
import { subrequestOf } from './subrequest.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The endpoint reports an unreadable body itself, after it has decided who may do what (R3.21). */
    readonly deferBodyFaults?: boolean
  }
}

/** What `request.body` is on endpoints that defer faults of the body, if it could not be read. */
export class UnreadableBody {
  /** `Invalid JSON: …` (R3.9). */
  readonly description: string

  constructor(description: string) {
    this.description = description
  }
}

/** Bodies are JSON in UTF-8, also without a content type (R0.3, R3.15). An empty one is undefined (R5.7). */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', (request, _reply, done) => {
    replaceOddType(request)
    done()
  })
  app.addContentTypeParser<Buffer>(
    /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i,
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => readJson(request, body),
  )
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    const type = request.headers['content-type']
    if (type === undefined || type === '') return readJson(request, body)
    if (request.method === 'DELETE') return undefined
    throw catalogError('unsupported-media-type', { message: `Bodies of type ${type} are not read here.` })
  })
}

/** A body that is ignored may have any type (R3.15); but Fastify refuses a type that it can't parse, before any parser sees it. */
function replaceOddType({ method, headers }: FastifyRequest): void {
  const type = headers['content-type']
  if (method === 'DELETE' && type !== undefined && !/^[\w.+-]+\/[\w.+-]+ *(?:;|$)/.test(type))
    headers['content-type'] = 'application/octet-stream'
}

function readJson(request: FastifyRequest, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const subrequest = subrequestOf(request)
  if (subrequest !== undefined) return subrequest.body
  try {
    if (!isUtf8(bytes)) throw new InvalidJson('Invalid JSON: the text is not UTF-8')
    return parseJson(bytes.toString())
  } catch (error) {
    if (!(error instanceof InvalidJson)) throw error
    if (request.routeOptions.config.deferBodyFaults) return new UnreadableBody(error.message)
    throw invalid('body', '', error.message)
  }
}
