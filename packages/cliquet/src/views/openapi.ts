import type { FastifyRequest } from 'fastify'
import type { Answer } from '../http/answer.ts'
import { origin } from '../http/urls.ts'
import type { ViewContext } from './context.ts'
import { openapiDocument } from './openapi/document.ts'

/** A host that OpenAPI 2.0 can name: an IPv6 address is none. */
const nameableHost = /^[^{}/ :\\]+(?::\d+)?$/

/** The description of the running service in OpenAPI 2.0 (R2.8). It is made when it is first asked for: by then every route is known. */
export function openapi(context: ViewContext): (request: FastifyRequest) => Answer {
  let text: string | undefined
  return (request) => {
    text ??= JSON.stringify(openapiDocument(context))
    const [scheme = '', host = ''] = origin(request, context.settings).split('://', 2)
    const place = JSON.stringify({ ...(nameableHost.test(host) ? { host } : {}), schemes: [scheme] })
    return { status: 200, headers: {}, text: `${text.slice(0, -1)},${place.slice(1)}` }
  }
}
