import { existsSync } from 'node:fs'
import { CommandError } from './command.ts'
import { type Exchange, readJson } from './suite.ts'

/** An exchange that shows the reference's own behaviour where a rule marked [≠K] asks for another. */
export interface Exception {
  /** The file name of the suite. */
  readonly suite: string
  readonly scenario: string
  /** Counted from 1. */
  readonly step: number
  readonly rule: string
  readonly why: string
}

/** The rows of a list of exceptions; none if there is no such file. @throws CommandError for a row that lacks something */
export function readExceptions(file: string): Exception[] {
  if (!existsSync(file)) return []
  const rows = readJson(file)
  if (!Array.isArray(rows)) throw new CommandError(`${file} must be a list`)
  return rows.map((row: unknown, index) => {
    if (isException(row)) return row
    throw new CommandError(`${file}: row ${index + 1} must have suite, scenario, step (a number from 1), rule and why`)
  })
}

function isException(row: unknown): row is Exception {
  if (typeof row !== 'object' || row === null) return false
  const { suite, scenario, step, rule, why } = row as Partial<Record<keyof Exception, unknown>> // an object; each member is tested below
  return [suite, scenario, rule, why].every((text) => typeof text === 'string' && text !== '') && Number.isInteger(step)
}

/** What the player's verbose line says about an exchange. */
export type Verdict = { readonly outcome: 'passed' | 'excepted'; readonly label: string }

/** Reads `ok   LABEL` and `rule R1.1 LABEL`; undefined for any other line. */
export function parseVerdict(line: string): Verdict | undefined {
  if (line.startsWith('ok   ')) return { outcome: 'passed', label: line.slice(5) }
  const label = /^rule \S+ (.*)$/.exec(line)?.[1]
  return label === undefined ? undefined : { outcome: 'excepted', label }
}

const isOf = ({ scenario, step }: Exception, exchange: Exchange): boolean => scenario === exchange.scenario && step === exchange.step

/** The exceptions of one suite by the label that the player prints, and those that name no compared exchange. */
export function matchExceptions(
  rows: readonly Exception[],
  exchanges: readonly Exchange[],
): { readonly byLabel: ReadonlyMap<string, Exception>; readonly homeless: readonly Exception[] } {
  const byLabel = new Map<string, Exception>()
  const homeless: Exception[] = []
  for (const row of rows) {
    const exchange = exchanges.find((candidate) => isOf(row, candidate))
    if (exchange === undefined) homeless.push(row)
    else byLabel.set(exchange.label, row)
  }
  return { byLabel, homeless }
}
