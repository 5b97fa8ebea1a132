/**
 * `npm run crash -- [--backend sqlite] [--kill service|server] [--kills 20] [--clients 16] [--collections 3] [--seconds-between 0.2-1]`: starts a
 * service, writes to it with many clients, kills it (SIGKILL) at a random moment, starts it again on the same database and looks whether
 * everything that was acknowledged is there. With `--kill server` not the service is killed but the database's server, and the service has to
 * go on by itself. One line a round; the sums come last.
 */
import { findBackend } from './reference/backends.ts'
import { type Cleanup, temporaryFolder } from './reference/cleanup.ts'
import { CommandError, runCommand } from './reference/command.ts'
import { playRound, type Scene, type Victim } from './reference/crash-rounds.ts'
import { createLedger, type Findings } from './reference/ledger.ts'
import { parseOptions, wholeNumber } from './reference/options.ts'
import { createRecordClient } from './reference/record-client.ts'
import { type ServerPlan, startServer } from './reference/servers.ts'

/** Most ms that a service may take to go on when the server of its database is back. */
const LONGEST_RECOVERY = 2000

const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** `0.2-1` in ms. */
const parseRange = (text: string): { readonly least: number; readonly most: number } => {
  const [, least, most] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text) ?? []
  if (least === undefined || Number(least) > Number(most)) {
    throw new CommandError(`--seconds-between must be two numbers, the lesser first, such as 0.2-1, not "${text}"`)
  }
  return { least: Number(least) * 1000, most: Number(most) * 1000 }
}

const parseVictim = (text: string): Victim => {
  if (text === 'service' || text === 'server') return text
  throw new CommandError(`--kill must be service or server, not "${text}"`)
}

const readOptions = () => {
  const { values, positionals } = parseOptions({
    backend: { type: 'string', default: 'sqlite' },
    kill: { type: 'string', default: 'service' },
    kills: { type: 'string', default: '20' },
    clients: { type: 'string', default: '16' },
    collections: { type: 'string', default: '3' },
    'seconds-between': { type: 'string', default: '0.2-1' },
  })
  if (positionals.length > 0) throw new CommandError(`"${positionals.join(' ')}" is not understood; there are only options`)
  const backend = findBackend(values.backend)
  if (backend.forgets !== undefined) throw new CommandError(`nothing to find after a crash of ${values.backend}: ${backend.forgets}`)
  return {
    backend,
    name: values.backend,
    victim: parseVictim(values.kill),
    kills: wholeNumber(values.kills, '--kills'),
    clients: wholeNumber(values.clients, '--clients'),
    collections: wholeNumber(values.collections, '--collections'),
    pause: parseRange(values['seconds-between']),
  }
}

interface Totals {
  acknowledged: number
  unanswered: number
  errors: number
  /** The slowest of all rounds, ms. */
  recovery: number
}

const show = (numbers: object): string =>
  Object.entries(numbers)
    .map(([name, count]) => `${name}=${count}`)
    .join(' ')

/** Plays all rounds. */
const playRounds = async (scene: Scene, findings: Findings, { victim, kills, pause }: ReturnType<typeof readOptions>): Promise<Totals> => {
  const totals: Totals = { acknowledged: 0, unanswered: 0, errors: 0, recovery: 0 }
  let service = await scene.start()
  for (let number = 1; number <= kills; number++) {
    const moment = pause.least + Math.random() * (pause.most - pause.least)
    const { acknowledged, unanswered, unavailable, errors, recovery, ...fate } = await playRound[victim](scene, service, { number, moment })
    service = fate.service
    for (const [user, ledger] of scene.ledgers) ledger.compare(await createRecordClient(service.origin, user).look())
    totals.acknowledged += acknowledged
    totals.unanswered += unanswered
    totals.recovery = Math.max(totals.recovery, recovery)
    for (const count of Object.values(errors)) totals.errors += count
    const waited = victim === 'server' ? `${unavailable} unavailable, ` : ''
    const trouble = Object.keys(errors).length > 0 ? ` ${JSON.stringify(errors)}` : ''
    print(
      `kill ${number}: after ${moment.toFixed(0)} ms, ${acknowledged} acknowledged, ${unanswered} unanswered, ${waited}` +
        `back in ${recovery.toFixed(0)} ms, ${show(findings)}${trouble}`,
    )
  }
  await service.stop()
  return totals
}

const main = async (cleanup: Cleanup): Promise<number> => {
  const options = readOptions()
  const { backend, name, victim, kills, clients, collections } = options
  const { folder, remove } = temporaryFolder(cleanup, 'crash')
  const database = await backend.create(folder)
  const closeDatabase = cleanup.add(async () => database.close?.())
  if (victim === 'server' && database.server === undefined) throw new CommandError(`${name} has no server that could be killed`)
  // A service that has lost its database says so in its log, once a request; here that is no news.
  const settings = { ...database.settings, log_level: victim === 'server' ? 'fatal' : 'warn' }
  const plan: ServerPlan = { application: { kind: 'records' }, settings, processes: 1, folder }
  const findings: Findings = { lost: 0, backwards: 0, reused: 0, invented: 0, miscounted: 0 }
  const ledgers = new Map(Array.from({ length: collections }, (_, n) => [`user${n}`, createLedger(findings)]))
  const scene: Scene = { ledgers, clients, database, start: () => startServer(plan, cleanup) }
  const { acknowledged, unanswered, errors, recovery } = await playRounds(scene, findings, options)
  const integrity = database.examine?.() ?? 'not examined'
  await closeDatabase()
  await remove()
  const counts = { ...findings, errors }
  print(
    `crash: ${name}: ${kills} kills${victim === 'server' ? ' of the server' : ''}, ${acknowledged} acknowledged writes, ` +
      `${unanswered} unanswered, slowest recovery ${recovery.toFixed(0)} ms, ${show(counts)} integrity=${integrity}`,
  )
  const isSound = Object.values(counts).every((count) => count === 0) && ['ok', 'not examined'].includes(integrity)
  return isSound && acknowledged > 0 && (victim === 'service' || recovery <= LONGEST_RECOVERY) ? 0 : 1
}

await runCommand('crash', main)
