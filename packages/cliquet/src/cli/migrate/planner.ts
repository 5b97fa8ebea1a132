import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { type AnnouncedService, onAnnouncement } from '../../service/announcement.ts'
import type { ServicePlan } from '../../service/plan.ts'
import { isExpected } from '../frame/failure.ts'
import { serviceIn } from '../start/module.ts'

/** What became of the module of a service: what the thread that imports it tells. */
export type Planning =
  | { readonly outcome: 'planned'; readonly plan: ServicePlan }
  /** It installs the service in an application of its own. */
  | { readonly outcome: 'hosted' }
  /** `isService`: it has made one before that. */
  | { readonly outcome: 'failed'; readonly error: unknown; readonly isExpected: boolean; readonly isService: boolean }

/**
 * Imports the module in this thread, and tells what its service would start with. Nothing starts, whatever the module does: the thread is ended
 * by the one that has started it. `all`: every service that it makes.
 */
async function planModule(path: string, all: AnnouncedService[]): Promise<Planning> {
  const asked = new Promise<AnnouncedService>((resolve) => {
    onAnnouncement((made) => {
      all.push(made)
      made.holdBack(() => resolve(made))
    })
  })
  const imported = import(pathToFileURL(path).href).then((exported: unknown) => {
    const service = serviceIn(exported)
    return service === undefined ? undefined : all.find((made) => made.service === service)
  })
  // A module that starts its service by itself may wait for that for ever.
  const chosen = await Promise.race([asked, imported.then((found) => found ?? asked)])
  return chosen.plan === undefined ? { outcome: 'hosted' } : { outcome: 'planned', plan: await chosen.plan() }
}

const { path } = workerData as { readonly path: string } // what `plan.ts` gives
const announced: AnnouncedService[] = []
planModule(path, announced)
  .catch((error: unknown): Planning => ({ outcome: 'failed', error, isExpected: isExpected(error), isService: announced.length > 0 }))
  .then((planning) => parentPort?.postMessage(planning))
