import { backendModules } from '../../service/backends.ts'
import type { Service } from '../../service/service.ts'
import { startModule } from './module.ts'
import type { Readiness } from './worker-process.ts'

/** How a worker is started. */
interface WorkerOptions {
  /** Whether it speaks for all. */
  readonly isFirst: boolean
  /** Tells the operator. */
  readonly tell: (message: string) => void
}

/**
 * Starts the service of a module in a worker, and tells the process that leads when it is ready. The signals that end a service end it here too,
 * also if they come twice: from the terminal, which sends them to every process, and from the one that leads.
 */
export async function startAsWorker(module: string, { isFirst, tell }: WorkerOptions): Promise<void> {
  let hasStarted = false
  // Without a service that listens the way to the one that leads is all that keeps a worker running.
  const letGo = (): void => process.channel?.unref()
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (hasStarted ? letGo() : process.exit(0)))
  // Meant for the one that leads, or for services that know what to do.
  for (const signal of ['SIGHUP', 'SIGUSR2']) process.on(signal, () => {})
  try {
    const service = await startModule(module, { isWorker: true, greets: isFirst })
    hasStarted = true
    const notice = service === undefined ? undefined : unsharedNotice(service)
    if (isFirst && notice !== undefined) tell(notice)
    process.send?.(readinessOf(service))
  } catch (error) {
    letGo()
    throw error
  }
}

function readinessOf(service: Service | undefined): Readiness {
  const { shutdownDelaySeconds = 0, shutdownTimeoutSeconds = 30 } = service?.settings ?? {}
  return { cliquet: 'ready', delay: shutdownDelaySeconds * 1000, patience: shutdownTimeoutSeconds * 1000 }
}

/** What of a service workers can't share, for the operator; undefined if there is nothing. */
function unsharedNotice({ settings }: Service): string | undefined {
  const inMemory = Object.entries(backendModules(settings)).filter(([contract, module]) => module === `cliquet/${contract}/memory`)
  if (inMemory.length === 0) return undefined
  const names = inMemory.map(([contract]) => contract).join(', ')
  return `${names} in memory: each worker has its own, and takes it along when it ends`
}
