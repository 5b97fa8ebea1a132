import type { FastifyRequest } from 'fastify'
import { type Answer, jsonAnswer } from '../http/answer.ts'
import { cacheHeaders } from '../http/caching.ts'
import { origin } from '../http/urls.ts'
import type { ViewContext } from './context.ts'

/** What the service is and can do, and who the caller is (R2.2, R2.3). */
export async function hello(context: ViewContext, request: FastifyRequest): Promise<Answer> {
  const { settings, authentication, clock } = context
  const user = authentication.user(request)
  const body = {
    project_name: settings.projectName,
    project_version: settings.projectVersion,
    http_api_version: settings.httpApiVersion,
    project_docs: settings.projectDocs,
    url: `${origin(request, settings)}/${settings.apiPrefix}/`,
    config: context.config,
    ...(settings.eos === undefined ? {} : { eos: settings.eos }),
    settings: context.publicSettings,
    capabilities: Object.fromEntries(context.capabilities),
    ...(user === undefined ? {} : { user: { id: user.id, principals: await authentication.principals(request), profile: user.profile } }),
  }
  const isCacheable = settings.readonly && user === undefined
  const caching = isCacheable ? cacheHeaders(settings.rootCacheExpiresSeconds, clock) : {}
  return jsonAnswer(200, body, caching)
}
