import { readFileSync } from 'node:fs'
import { CommandError } from './command.ts'

/** One field of a resource in the head of a suite. */
export interface FieldDescription {
  readonly type: 'string' | 'boolean' | 'integer'
  readonly required: boolean
  readonly default: unknown
}

/** One resource in the head of a suite. */
export interface ResourceDescription {
  readonly path: string
  readonly perUser: boolean
  readonly unknown: 'preserve' | 'ignore'
  readonly fields: Readonly<Record<string, FieldDescription>>
}

/** The application that a suite expects. */
export interface SuiteHead {
  readonly app: 'toolkit'
  /** First segment of every URL. */
  readonly prefix: string
  readonly authorization: 'authenticated' | 'permissions'
  readonly settings: Readonly<Record<string, unknown>>
  readonly resources: Readonly<Record<string, ResourceDescription>>
  /** The contents of the version file, if there is one. */
  readonly versionFile: unknown
}

/** One exchange that is compared with what was recorded. */
export interface Exchange {
  readonly scenario: string
  /** Counted from 1. */
  readonly step: number
  /** As the player prints it. */
  readonly label: string
}

/** A suite as far as the command needs it. */
export interface Suite {
  readonly head: SuiteHead
  readonly exchanges: readonly Exchange[]
}

type Members = Readonly<Record<string, unknown>>

/** Reads a suite; undefined for a list of exceptions, which lies in the same folder. @throws CommandError that names the file and the member */
export function readSuite(file: string): Suite | undefined {
  const content = readJson(file)
  if (Array.isArray(content)) return undefined
  const { app, prefix, authorization, settings, resources, versionFile, scenarios } = members(content, file)
  if (app !== 'toolkit') throw new CommandError(`${file}: there is no application "${String(app)}" yet; there is: toolkit`)
  if (typeof prefix !== 'string') throw new CommandError(`${file}: prefix must be a text`)
  return {
    head: {
      app,
      prefix,
      authorization: oneOf(authorization, ['authenticated', 'permissions'], `${file}: authorization`),
      settings: members(settings, `${file}: settings`),
      resources: mapped(resources, `${file}: resources`, readResource),
      versionFile,
    },
    exchanges: list(scenarios, `${file}: scenarios`).flatMap((scenario, index) =>
      readExchanges(scenario, `${file}: scenario ${index + 1}`),
    ),
  }
}

/** What a JSON file holds. @throws CommandError that names the file */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CommandError(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readResource(value: unknown, place: string): ResourceDescription {
  const { path, perUser, unknown, fields } = members(value, place)
  if (typeof path !== 'string') throw new CommandError(`${place}: path must be a text`)
  return {
    path,
    perUser: perUser === true,
    unknown: oneOf(unknown, ['preserve', 'ignore'], `${place}: unknown`),
    fields: mapped(fields, `${place}: fields`, readField),
  }
}

function readField(value: unknown, place: string): FieldDescription {
  const { type, required, default: fallback } = members(value, place)
  return { type: oneOf(type, ['string', 'boolean', 'integer'], `${place}: type`), required: required === true, default: fallback }
}

function readExchanges(value: unknown, place: string): Exchange[] {
  const { name, steps } = members(value, place)
  return list(steps, `${place}: steps`).flatMap((step, index) => {
    const { method, path, setup } = members(step, `${place}: step ${index + 1}`)
    if (setup === true) return []
    return [{ scenario: String(name), step: index + 1, label: `${name} #${index + 1} ${method} ${path}` }]
  })
}

function members(value: unknown, place: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members // just tested
  throw new CommandError(`${place} must be an object`)
}

function list(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new CommandError(`${place} must be a list`)
}

function mapped<T>(value: unknown, place: string, read: (member: unknown, place: string) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(members(value, place)).map(([name, member]) => [name, read(member, `${place}.${name}`)]))
}

function oneOf<const T extends string>(value: unknown, words: readonly T[], place: string): T {
  const found = words.find((word) => word === value)
  if (found !== undefined) return found
  throw new CommandError(`${place} must be one of: ${words.join(', ')}`)
}
