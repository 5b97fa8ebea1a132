import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Something that runs until it is told to stop. */
interface Stoppable {
  stop(): Promise<void>
}

/** What a run leaves behind until it is cleared away. */
export interface Scratch {
  readonly folder: string
  /** Takes over a server that starts: `clear` stops it, even if it has not started yet; the last one first, for it may need the others. */
  keep<Server extends Stoppable>(server: Promise<Server>): Promise<Server>
  clear(): Promise<void>
}

/** A folder beside the data of the examples: the system's temporary folder may be in memory, where waiting for the disk costs nothing. */
const PARENT = fileURLToPath(new URL('../data', import.meta.url))

/** Runs `work` with an empty folder. However it ends, Ctrl-C included, its servers are stopped and the folder is removed. */
export async function withScratch(work: (scratch: Scratch) => Promise<void>): Promise<void> {
  await mkdir(PARENT, { recursive: true })
  const folder = await mkdtemp(join(PARENT, 'bench-'))
  const servers: Promise<Stoppable>[] = []
  const clear = async (): Promise<void> => {
    for (const server of servers.splice(0).reverse()) await server.then((started) => started.stop()).catch(() => {})
    await rm(folder, { recursive: true, force: true })
  }
  let isInterrupted = false
  const interrupted = (): void => {
    isInterrupted = true
    void clear().then(() => process.exit(130))
  }
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    await work({
      folder,
      clear,
      keep(server) {
        servers.push(server)
        return server
      },
    })
  } catch (error) {
    if (!isInterrupted) throw error // else it is only that the servers are gone
  } finally {
    await clear()
    process.removeListener('SIGINT', interrupted).removeListener('SIGTERM', interrupted)
  }
}
