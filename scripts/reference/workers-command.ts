import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '../servers/free-port.ts'
import type { PlanSettings } from './applications.ts'
import type { Cleanup } from './cleanup.ts'
import { startServiceCommand } from './service-command.ts'

/** What `cliquet start --workers N` is to run: the resource `record` at `/v1/records`. */
export interface WorkersPlan {
  readonly workers: number
  readonly settings: PlanSettings
  /** Where it runs, and where its module is written. */
  readonly folder: string
}

/** It runs. */
export interface WorkersCommand {
  readonly port: number
  /** Has every worker replaced. Resolves when all are new. @throws CommandError when they can't be */
  restart(): Promise<void>
  /** Lets all of them end. */
  end(): Promise<WorkersEnd>
}

/** How it has ended. */
export interface WorkersEnd {
  readonly code: number | null
  /** Requests that workers have begun to serve, since the start. */
  readonly begun: number
  /** Those of them whose answer was written to its end. */
  readonly answered: number
}

const applications = join(import.meta.dirname, 'applications.ts')

/** Each worker tells at its end how many requests it has begun and answered. */
const moduleText = (settings: PlanSettings): string => `
import { createApplication } from ${JSON.stringify(applications)}
const service = createApplication({ kind: 'records' }, ${JSON.stringify(settings)})
let begun = 0
let answered = 0
service.app.addHook('onRequest', async () => void (begun += 1))
service.app.addHook('onResponse', async (request, reply) => void (answered += reply.raw.writableFinished ? 1 : 0))
process.on('exit', () => process.stdout.write('requests ' + begun + ' ' + answered + '\\n'))
export default service
`

/** Starts it and waits until it answers. @throws CommandError if that takes too long */
export async function startWorkers({ workers, settings, folder }: WorkersPlan, cleanup: Cleanup): Promise<WorkersCommand> {
  writeFileSync(join(folder, 'server.ts'), moduleText(settings))
  const port = await findFreePort()
  const command = await startServiceCommand({ folder, args: ['server.ts', '--workers', String(workers)], port }, cleanup)
  return {
    port,
    restart: command.restart,
    async end() {
      const code = await command.end()
      const counts = [...command.written.stdout.matchAll(/^requests (\d+) (\d+)$/gm)]
      const sum = (group: number): number => counts.reduce((total, match) => total + Number(match[group]), 0)
      return { code, begun: sum(1), answered: sum(2) }
    },
  }
}
