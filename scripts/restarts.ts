/**
 * `npm run restarts -- [--backend postgresql] [--workers 2] [--rounds 3] [--restarts 3] [--kept 8] [--fresh 8]`: runs a service with
 * `cliquet start --workers`, asks it with clients that keep their connections and with clients that open one for each request, restarts it again
 * and again (SIGHUP) and ends it (SIGTERM) in the middle of that, and looks whether a request was refused, cut or answered wrongly. One line for
 * each restart and each end; the sums come last.
 */
import { findBackend } from './reference/backends.ts'
import { type Cleanup, temporaryFolder } from './reference/cleanup.ts'
import { CommandError, runCommand } from './reference/command.ts'
import { parseOptions, wholeNumber } from './reference/options.ts'
import { createRecordClient } from './reference/record-client.ts'
import { type LoadRequest, type LoadTally, type SteadyLoad, startSteadyLoad } from './reference/steady-load.ts'
import { startWorkers, type WorkersCommand, type WorkersPlan } from './reference/workers-command.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const USER = 'mat'

function readOptions() {
  const { values, positionals } = parseOptions({
    backend: { type: 'string', default: 'sqlite' },
    workers: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    restarts: { type: 'string', default: '3' },
    kept: { type: 'string', default: '8' },
    fresh: { type: 'string', default: '8' },
  })
  if (positionals.length > 0) throw new CommandError(`"${positionals.join(' ')}" is not understood; there are only options`)
  const workers = wholeNumber(values.workers, '--workers')
  return {
    name: values.backend,
    // Also of one worker: who takes its place is another process.
    backend: findBackend(values.backend, workers + 1),
    workers,
    rounds: wholeNumber(values.rounds, '--rounds'),
    restarts: wholeNumber(values.restarts, '--restarts'),
    kept: wholeNumber(values.kept, '--kept'),
    fresh: wholeNumber(values.fresh, '--fresh'),
  }
}

type Options = ReturnType<typeof readOptions>

interface Findings {
  kept: number
  fresh: number
  /** During restarts nobody is refused, and nothing resets a connection. */
  refused: number
  reset: number
  /** At no time is a request lost that the service has taken. */
  lost: number
  unexpected: number
  unanswered: number
  /** Records that were acknowledged and are not there, or are there and were not. */
  missing: number
  /** At the end of all: connections that no worker has taken, which the system resets when the port is closed. */
  atTheDoor: number
}

const headers = { authorization: `Basic ${Buffer.from(`${USER}:crash`).toString('base64')}`, 'content-type': 'application/json' }
const reading: LoadRequest = { method: 'GET', path: '/v1/records?_limit=5', headers, status: 200 }
const writing: LoadRequest = { method: 'POST', path: '/v1/records', headers, body: '{"data":{"title":"some text"}}', status: 201 }

/** Half of the requests write. */
function startLoad(port: number, { kept, fresh }: Options, onWrite: () => void): SteadyLoad {
  let count = 0
  return startSteadyLoad({
    port,
    kept,
    fresh,
    next: () => (count++ % 2 === 0 ? reading : writing),
    onAnswer: (request) => request === writing && onWrite(),
  })
}

/** Restarts a service under load as often as is wanted, then ends it under load. */
async function playRound(service: WorkersCommand, options: Options, findings: Findings, onWrite: () => void): Promise<void> {
  const load = startLoad(service.port, options, onWrite)
  const before: LoadTally = { ...load.tally }
  for (let number = 1; number <= options.restarts; number++) {
    const since = performance.now()
    await service.restart()
    const { kept, fresh, refused, reset, lost } = load.tally
    const took = ((performance.now() - since) / 1000).toFixed(1)
    print(
      `restart ${number}: ${took} s, ${kept - before.kept} answered on kept connections, ${fresh - before.fresh} on new ones, refused=${refused} reset=${reset} lost=${lost}`,
    )
    Object.assign(before, load.tally)
  }
  findings.refused += load.tally.refused
  findings.reset += load.tally.reset
  const since = performance.now()
  const { code, begun, answered } = await service.end()
  await load.ended
  const { tally } = load
  const atTheDoor = tally.reset - before.reset
  print(
    `end: ${((performance.now() - since) / 1000).toFixed(1)} s, exit code ${code}, ${answered} of ${begun} requests answered, ${atTheDoor} connections reset at the door, lost=${tally.lost}`,
  )
  for (const text of tally.unexpected.slice(0, 3)) print(`  ${text}`)
  findings.kept += tally.kept
  findings.fresh += tally.fresh
  findings.lost += tally.lost
  findings.unexpected += tally.unexpected.length + (code === 0 ? 0 : 1)
  findings.unanswered += begun - answered
  findings.atTheDoor += atTheDoor
}

/** How many records there are. */
async function countRecords(plan: WorkersPlan, cleanup: Cleanup): Promise<number> {
  const service = await startWorkers({ ...plan, workers: 1 }, cleanup)
  const { total } = await createRecordClient(`http://127.0.0.1:${service.port}`, USER).look()
  await service.end()
  return total
}

const main = async (cleanup: Cleanup): Promise<number> => {
  const options = readOptions()
  const { backend, name, workers, rounds, restarts } = options
  const { folder, remove } = temporaryFolder(cleanup, 'restarts')
  const database = await backend.create(folder)
  const closeDatabase = cleanup.add(async () => database.close?.())
  // Clients and workers share this machine: that there is too much to do is no finding here.
  const plan: WorkersPlan = { workers, settings: { ...database.settings, overload_delay_seconds: 0 }, folder }
  const findings: Findings = { kept: 0, fresh: 0, refused: 0, reset: 0, lost: 0, unexpected: 0, unanswered: 0, missing: 0, atTheDoor: 0 }
  let written = 0
  for (let round = 1; round <= rounds; round++) {
    await playRound(await startWorkers(plan, cleanup), options, findings, () => written++)
  }
  findings.missing = Math.abs(written - (await countRecords(plan, cleanup)))
  await closeDatabase()
  await remove()
  const { kept, fresh, atTheDoor, ...faults } = findings
  const shown = Object.entries(faults).map(([fault, count]) => `${fault}=${count}`)
  print(
    `restarts: ${name}: ${workers} workers, ${rounds * restarts} restarts and ${rounds} ends, ${kept} requests on kept connections, ` +
      `${fresh} on new ones, ${shown.join(' ')}; at the ends ${atTheDoor} connections that nobody had taken were reset`,
  )
  return Object.values(faults).every((count) => count === 0) && kept > 0 && fresh > 0 ? 0 : 1
}

await runCommand('restarts', main)
