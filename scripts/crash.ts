/**
 * `npm run crash -- [--backend sqlite] [--kills 20] [--clients 16] [--collections 3] [--seconds-between 0.2-1]`: starts a service, writes to it with
 * many clients, kills it (SIGKILL) at a random moment, starts it again on the same database and looks whether everything that was acknowledged
 * is there. One line a round; the sums come last.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { findBackend } from './reference/backends.ts'
import { type Cleanup, temporaryFolder } from './reference/cleanup.ts'
import { CommandError, runCommand } from './reference/command.ts'
import { createLedger, type Findings, type Ledger } from './reference/ledger.ts'
import { parseOptions, wholeNumber } from './reference/options.ts'
import { createRecordClient } from './reference/record-client.ts'
import { type RunningServer, type ServerPlan, startServer } from './reference/servers.ts'
import { startLoad } from './reference/write-load.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** `0.2-1` in ms. */
const parseRange = (text: string): { readonly least: number; readonly most: number } => {
  const [, least, most] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text) ?? []
  if (least === undefined || Number(least) > Number(most)) {
    throw new CommandError(`--seconds-between must be two numbers, the lesser first, such as 0.2-1, not "${text}"`)
  }
  return { least: Number(least) * 1000, most: Number(most) * 1000 }
}

const readOptions = () => {
  const { values, positionals } = parseOptions({
    backend: { type: 'string', default: 'sqlite' },
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
    kills: wholeNumber(values.kills, '--kills'),
    clients: wholeNumber(values.clients, '--clients'),
    collections: wholeNumber(values.collections, '--collections'),
    pause: parseRange(values['seconds-between']),
  }
}

/** Collections by the user whose records they are. */
type Ledgers = ReadonlyMap<string, Ledger>

interface Totals {
  acknowledged: number
  unanswered: number
  errors: number
}

const show = (numbers: object): string =>
  Object.entries(numbers)
    .map(([name, count]) => `${name}=${count}`)
    .join(' ')

/** Writes until the moment of the kill. */
const writeAndKill = async (server: RunningServer, ledgers: Ledgers, round: number, options: ReturnType<typeof readOptions>) => {
  const { clients, pause } = options
  const targets = [...ledgers].map(([user, ledger]) => ({ ledger, client: createRecordClient(server.origin, user) }))
  const load = startLoad(targets, clients, `r${round}`)
  const moment = pause.least + Math.random() * (pause.most - pause.least)
  await sleep(moment)
  load.halt()
  await server.kill()
  const { acknowledged, errors } = await load.outcome
  const unanswered = targets.reduce((sum, { ledger }) => sum + ledger.pending(), 0)
  return { moment, acknowledged, unanswered, errors }
}

const main = async (cleanup: Cleanup): Promise<number> => {
  const options = readOptions()
  const { folder, remove } = temporaryFolder(cleanup, 'crash')
  const database = await options.backend.create(folder)
  const closeDatabase = cleanup.add(async () => database.close?.())
  const plan: ServerPlan = { application: { kind: 'records' }, settings: database.settings, processes: 1, folder }
  const findings: Findings = { lost: 0, backwards: 0, duplicated: 0, invented: 0, miscounted: 0 }
  const ledgers: Ledgers = new Map(Array.from({ length: options.collections }, (_, n) => [`user${n}`, createLedger(findings)]))
  const totals: Totals = { acknowledged: 0, unanswered: 0, errors: 0 }

  let server = await startServer(plan, cleanup)
  for (let round = 1; round <= options.kills; round++) {
    const { moment, acknowledged, unanswered, errors } = await writeAndKill(server, ledgers, round, options)
    const started = performance.now()
    server = await startServer(plan, cleanup)
    const pause = performance.now() - started
    for (const [user, ledger] of ledgers) ledger.compare(await createRecordClient(server.origin, user).look())
    totals.acknowledged += acknowledged
    totals.unanswered += unanswered
    for (const count of Object.values(errors)) totals.errors += count
    const trouble = Object.keys(errors).length > 0 ? ` ${JSON.stringify(errors)}` : ''
    print(
      `kill ${round}: after ${moment.toFixed(0)} ms, ${acknowledged} acknowledged, ${unanswered} unanswered, back in ${pause.toFixed(0)} ms, ${show(findings)}${trouble}`,
    )
  }
  await server.stop()
  const integrity = database.examine?.() ?? 'not examined'
  await closeDatabase()
  await remove()
  const counts = { ...findings, errors: totals.errors }
  print(
    `crash: ${options.name}: ${options.kills} kills, ${totals.acknowledged} acknowledged writes, ${totals.unanswered} unanswered, ${show(counts)} integrity=${integrity}`,
  )
  const isSound = Object.values(counts).every((count) => count === 0) && ['ok', 'not examined'].includes(integrity)
  return isSound && totals.acknowledged > 0 ? 0 : 1
}

await runCommand('crash', main)
