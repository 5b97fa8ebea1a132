import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Service } from '../../service/service.ts'
import { CommandFailure } from '../frame/failure.ts'
import { readPackage } from '../service/identity.ts'

/** What a service's module may be called where nobody says so. */
const USUAL = ['server.ts', 'server.js', 'service.ts', 'service.js']

/** Where the module of a service may be, and whether it is. */
interface Search {
  readonly candidates: readonly string[]
  /** Its path. */
  readonly found: string | undefined
  /** Whether `package.json` names it. */
  readonly isMain: boolean
}

/** Looks for the module of a service: the given one, `main` of `package.json`, or a usual one. */
export function moduleHere(given: string | undefined): Search {
  const { main } = readPackage('package.json')
  const named = given ?? (typeof main === 'string' ? main : undefined)
  const candidates = named === undefined ? USUAL : [named]
  const found = candidates.map((path) => resolve(path)).find((path) => existsSync(path))
  return { candidates, found, isMain: given === undefined && named !== undefined }
}

/** The path of the module, for that command. @throws CommandFailure when there is none */
export function findModule(given: string | undefined, command: string): string {
  const { candidates, found, isMain } = moduleHere(given)
  if (found !== undefined) return found
  const place = isMain ? ' (`main` of package.json)' : ''
  throw new CommandFailure(
    `there is no ${candidates.join(', ')}${place}: name the module of the service, as in: cliquet ${command} server.ts`,
  )
}

/** How a module is started. */
interface StartOptions {
  readonly isWorker?: boolean
  /** Whether a service prints how to try it. */
  readonly greets?: boolean
}

/**
 * Imports the module and lets its service listen, unless it does so by itself. @returns the service, if the module exports one
 * @throws CommandFailure when nothing listens in the end
 */
export async function startModule(path: string, { isWorker = false, greets = true }: StartOptions = {}): Promise<Service | undefined> {
  const exported: unknown = await import(pathToFileURL(path).href)
  const service = serviceIn(exported)
  if (service !== undefined && !service.app.server.listening) await service.listen({ greets })
  // A worker ends with its parent only, and what listens in it belongs to that one.
  if (service === undefined && !isWorker) expectListening(path)
  return service
}

/** The service that a module exports as default or as `service`. */
export function serviceIn(exported: unknown): Service | undefined {
  if (typeof exported !== 'object' || exported === null) return undefined
  const candidates: unknown[] = ['default' in exported && exported.default, 'service' in exported && exported.service]
  return candidates.find(isService)
}

const isService = (value: unknown): value is Service =>
  typeof value === 'object' && value !== null && 'app' in value && 'listen' in value && typeof value.listen === 'function'

/** A module without a service that ends without having listened was not meant to be started. */
function expectListening(path: string): void {
  const listens = (): boolean => process.getActiveResourcesInfo().some((resource) => resource.endsWith('ServerWrap'))
  let hasListened = listens()
  const watch = setInterval(() => {
    hasListened ||= listens()
    if (hasListened) clearInterval(watch)
  }, 20).unref()
  process.once('beforeExit', () => {
    if (hasListened) return
    process.stderr.write(`cliquet start: ${path} exports no service and does not listen: it must say \`export default createService(…)\`\n`)
    process.exitCode = 1
  })
}
