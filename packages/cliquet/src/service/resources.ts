import type { ExplainedResource } from '../auth/inquiry.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { serve } from '../http/endpoint.ts'
import { defineResource, type ResourceDefinition, type ResourceOptions } from '../resource/define.ts'
import { explainedResource } from '../resource/explanation.ts'
import { resourceEndpoints } from '../resource/routes.ts'
import { createMetaCheck } from '../schema/ajv.ts'
import type { AnySchema } from '../schema/fields.ts'
import { loadIdGenerators } from './id-generators.ts'
import type { CliquetOptions } from './options.ts'
import { resourceContext } from './resource-context.ts'
import { resourceKey } from './settings/patterns.ts'
import { strayNames } from './settings/stray-names.ts'
import type { Settings } from './settings.ts'
import type { StartUp } from './startup/step.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Adds a resource. To be called before the app is ready. */
    resource<const N extends string, S extends AnySchema>(name: N, options: ResourceOptions<S>): FastifyInstance
  }
}

/** Gives the app its `resource()`, and has the storage prepared for those that are added. Each is put among those that `explained` holds. */
export async function addResources(
  start: StartUp,
  { inheritance, authorization, idGenerator }: CliquetOptions,
  explained: ExplainedResource[],
): Promise<void> {
  const { app, scope, settings, clock } = start
  const authentication = start.need('authentication')
  const backends = { storage: start.need('storage'), permission: start.need('permission'), cache: start.need('cache') }
  const transactions = start.need('events')
  const rules = { inheritance, decision: authorization }
  const resources = new Map<string, ResourceDefinition>()
  const generators = await loadIdGenerators(settings)
  const defaults = { ids: generators.common ?? idGenerator, metaCheck: createMetaCheck(), clock }
  app.decorate('resource', (name: string, resourceOptions: ResourceOptions<AnySchema>) => {
    if (resources.has(name)) throw new ConfigurationError(`the resource "${name}" is defined twice`)
    const ownGenerator = generators.of(name) ?? resourceOptions.idGenerator
    const definition = defineResource(name, { ...resourceOptions, ...(ownGenerator && { idGenerator: ownGenerator }) }, defaults)
    resources.set(name, definition)
    const context = resourceContext(definition, { settings, backends, authentication, rules, clock, resources, transactions })
    const endpoints = resourceEndpoints(context, (kind, method) => isEnabled(settings, name, kind, method))
    explained.push(explainedResource(context, endpoints))
    serve(scope, endpoints, definition.shared ? [] : [authentication.requireUser])
    return app
  })
  const declarations = () => [...resources.values()].map(({ name, uniqueFields, indexes }) => ({ name, uniqueFields, indexes }))
  start.provide('declarations', declarations)
  start.onPrepare(async () => {
    for (const notice of strayNames(settings, [...resources.keys()])) app.log.warn(notice)
    await backends.storage.prepare(declarations())
  })
}

function isEnabled({ ofResources }: Settings, resource: string, kind: 'list' | 'record', method: string): boolean {
  return ofResources.get(resourceKey(`${kind === 'list' ? 'plural' : 'object'}_${resource}_${method}_enabled`)) !== false
}
