import type { Comparison, Subject } from './comparisons.ts'
import { openConnection } from './connection.ts'
import { measureLatencies } from './latency.ts'
import { runSql } from './postgresql.ts'
import { markdownTable } from './report.ts'
import type { Scratch } from './scratch.ts'
import { startServer } from './server-process.ts'

/** From the sixth execution of a prepared statement on PostgreSQL may use one plan for all values. */
const EXECUTIONS = 12

/** The settings of auto_explain: every statement, also those in functions, with its plan into the log. */
const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_format': 'json',
}

/** A node of a plan as PostgreSQL writes it. */
interface PlanNode {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly 'Relation Name'?: string
  readonly 'Function Name'?: string
  readonly Plans?: readonly PlanNode[]
}

/** What was executed, and how. */
interface Execution {
  readonly 'Query Text': string
  readonly Plan: PlanNode
}

/** Lets a server answer the requests, and tells how PostgreSQL found the rows in the end: the plans that were used, not ones that could have been. */
export async function plansTable(scratch: Scratch, subject: Subject, comparisons: readonly Comparison[]): Promise<string> {
  const { location } = subject
  await setAll(location, (name, value) => `set "${name}" = '${value}'`)
  const server = await scratch.keep(startServer('ours', location, { indexed: true }))
  const connection = await openConnection(server.port)
  const rows: string[][] = []
  for (const { title, prepare } of comparisons) {
    const workload = await prepare(subject)
    const start = await logLength(location)
    await measureLatencies(connection, workload, EXECUTIONS, 0)
    for (const execution of lastOfEach(executionsIn(await logFrom(location, start)))) rows.push([title, ...describe(execution)])
  }
  connection.close()
  await server.stop()
  await setAll(location, (name) => `reset "${name}"`)
  return markdownTable(['operation', 'statement', 'plan', 'rows are found by', 'rows are sorted by'], rows)
}

async function setAll(location: string, change: (name: string, value: string) => string): Promise<void> {
  const database = location.replace(/.*\//, '')
  for (const [name, value] of Object.entries(SETTINGS)) await runSql(location, `alter database "${database}" ${change(name, value)}`)
}

const LOG = "current_setting('data_directory')||'/../server.log'"

async function logLength(location: string): Promise<number> {
  const [row] = await runSql(location, `select (pg_stat_file(${LOG})).size::int as length`)
  return Number(row?.length)
}

async function logFrom(location: string, start: number): Promise<string> {
  const [row] = await runSql(location, `select pg_read_file(${LOG},$1,1000000000) as text`, [start])
  return String(row?.text)
}

/** The plans in a piece of the log: each stands in lines that begin with a tab. */
function executionsIn(log: string): Execution[] {
  const entries = log.matchAll(/ plan:\n((?:\t.*\n)+)/g)
  return [...entries].map(([, text = '']) => JSON.parse(text.replaceAll(/^\t/gm, '')) as Execution) // auto_explain's own format
}

const lastOfEach = (executions: readonly Execution[]): Execution[] => [
  ...new Map(executions.filter(({ Plan }) => concernsTables(Plan)).map((execution) => [execution['Query Text'], execution])).values(),
]

const concernsTables = (plan: PlanNode): boolean =>
  nodesOf(plan).some((node) => ['records', 'collections'].includes(node['Relation Name'] ?? ''))

const nodesOf = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

function describe({ 'Query Text': text, Plan: plan }: Execution): string[] {
  const statement = text
    .replaceAll(/"?cliquet"?\./g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', '\\|')
  const nodes = nodesOf(plan)
  const scans = nodes.filter((node) => / Scan/.test(node['Node Type'])).map((node) => [node['Node Type'], placeOf(node)].join(' '))
  const sorts = nodes.map((node) => node['Node Type']).filter((type) => /Sort/.test(type))
  const kind = /\$\d/.test(JSON.stringify(plan)) ? 'generic' : 'for its values'
  return [
    statement.length > 70 ? `${statement.slice(0, 70)}…` : statement,
    kind,
    [...new Set(scans)].join(', ') || '–',
    sorts.join(', ') || '–',
  ]
}

const placeOf = (node: PlanNode): string => node['Index Name'] ?? node['Relation Name'] ?? node['Function Name'] ?? ''
