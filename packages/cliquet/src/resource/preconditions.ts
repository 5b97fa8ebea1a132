import type { IncomingHttpHeaders } from 'node:http'
import type { Fault } from '../errors/invalid-parameters.ts'
import type { Precondition } from '../model/precondition.ts'

/** The preconditions of a request, and what is wrong with their headers. */
export interface ReadPreconditions {
  readonly precondition: Precondition
  readonly faults: readonly Fault[]
}

/** Stands for an integer beyond what a timestamp can be: it equals none. */
const NO_TIMESTAMP = -1

const none: ReadPreconditions = { precondition: {}, faults: [] }

/** What `If-Match` and `If-None-Match` demand (R6.3): `*` or one quoted integer each; empty headers are ignored. */
export function readPreconditions(headers: IncomingHttpHeaders): ReadPreconditions {
  const match = headers['if-match']
  const noneMatch = headers['if-none-match']
  if (match === undefined && noneMatch === undefined) return none
  const faults: Fault[] = []
  const ifMatch = readTag('If-Match', match, faults)
  const ifNoneMatch = readTag('If-None-Match', noneMatch, faults)
  return { precondition: { ifMatch, ifNoneMatch }, faults }
}

function readTag(name: string, header: string | undefined, faults: Fault[]): number | '*' | undefined {
  if (header === undefined || header === '') return undefined
  if (header === '*') return '*'
  const digits = /^"(\d+)"$/.exec(header)?.[1]
  if (digits !== undefined) return Number.isSafeInteger(Number(digits)) ? Number(digits) : NO_TIMESTAMP
  faults.push({ location: 'header', name, description: 'The value should be integer between double quotes.' })
  return undefined
}
