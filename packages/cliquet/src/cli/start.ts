import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configOption, defineCommand } from './frame/command.ts'
import { UsageError } from './frame/failure.ts'
import { useConfig } from './service/open.ts'
import { findModule, startModule } from './start/module.ts'
import { notifyServiceManager } from './start/notification.ts'
import { runWatched } from './start/watching.ts'
import { startAsWorker } from './start/worker.ts'
import { runWorkers } from './start/workers.ts'

/** `cliquet start` */
export const start = defineCommand({
  name: 'start',
  summary: 'Starts the service that a module exports.',
  operands: ['[MODULE]'],
  options: {
    workers: { type: 'string', value: 'N', summary: 'So many processes that share the port; `auto`: one for each core.' },
    watch: { type: 'boolean', summary: 'For development: starts it anew whenever one of its files changes.' },
    ...configOption,
  },
  details: [
    'The module says `export default createService(…)`, or exports it as `service`, and does not call listen(). One that does runs as it is. ' +
      'Without MODULE it is `main` of package.json, server.ts, server.js, service.ts or service.js.',
    'SIGTERM and SIGINT let requests in flight finish. A worker that crashes is replaced. At SIGHUP new workers, with code and settings read anew, ' +
      'take the places of the old ones, and nobody is refused meanwhile. SIGUSR2 has everything logged, and the next one the usual.',
  ],
  async run({ options, operands, terminal, debug }) {
    const { workers, watch = false } = options
    if (watch && workers !== undefined) throw new UsageError('--watch and --workers exclude each other')
    const count = workers === undefined ? undefined : parseWorkers(workers)
    useConfig(options.config)
    const module = findModule(operands[0], 'start')
    const args = ['start', module, ...(debug ? ['--debug'] : [])]
    if (watch) return await runWatched(fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url)), args)
    const tell = (message: string): void => void terminal.stderr.write(`cliquet start: ${message}\n`)
    if (count !== undefined) return await runWorkers({ count, args, tell, onReady: () => notifyServiceManager(tell) })
    if (cluster.isPrimary) {
      await startModule(module)
      notifyServiceManager(tell)
    } else await startAsWorker(module, { isFirst: cluster.worker?.id === 1, tell })
  },
})

function parseWorkers(text: string): number {
  if (text === 'auto') return availableParallelism()
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text)
  throw new UsageError(`--workers ${text}: expected a number from 1 to 999, or auto`)
}
