import FindMyWay, { type HTTPMethod } from 'find-my-way'
import type { ExplainedResource, ResourcePlace } from '../../auth/inquiry.ts'
import { isStrayMatch } from '../../http/routes-index.ts'

/** Where a path leads to. */
export interface Located {
  readonly resource: ExplainedResource
  readonly kind: ResourcePlace['kind']
  /** The values of the parameters in the path, decoded. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Finds resources by paths without version prefix. */
export interface Locator {
  /** By the methods that are served there; empty where no resource is. */
  find(path: string): ReadonlyMap<string, Located>
  /** The paths of all resources: `/articles`, `/articles/{id}`. */
  readonly paths: readonly string[]
}

interface Entry extends ResourcePlace {
  readonly resource: ExplainedResource
}

/** Makes a locator that reads paths as the service's own router does. */
export function createLocator(resources: readonly ExplainedResource[]): Locator {
  const router = FindMyWay({ maxParamLength: 2000 })
  const entries = resources.flatMap((resource) => resource.places.map((place): Entry => ({ ...place, resource })))
  for (const entry of entries) router.on(entry.method as HTTPMethod, entry.path, () => undefined, entry) // the service's router has taken it as one
  const methods = [...new Set(entries.map(({ method }) => method))]

  function locate(method: string, path: string): Located | undefined {
    const found = router.find(method as HTTPMethod, path) // as above
    const entry = found?.store as Entry | undefined // what was stored above
    if (entry === undefined || isStrayMatch(path, entry.path)) return undefined
    const parameters = Object.fromEntries(Object.entries(found?.params ?? {}).map(([name, value]) => [name, value ?? '']))
    return { resource: entry.resource, kind: entry.kind, parameters }
  }

  return {
    paths: [...new Set(entries.map(({ path }) => path.replace(/:(\w+)/g, '{$1}')))],
    find(path) {
      const found = new Map<string, Located>()
      for (const method of methods) {
        const place = locate(method, path)
        if (place !== undefined) found.set(method, place)
      }
      return found
    },
  }
}
