import { isJsonObject, type JsonObject, storedText } from '../../primitives/json.ts'
import { parseJson } from '../../schema/json-text.ts'
import { findForbiddenText, isStorableText } from '../../schema/storable.ts'
import { CommandFailure } from '../frame/failure.ts'
import type { DumpItem } from './items.ts'
import { FORMAT } from './writing.ts'

/** The end of a dump. */
export interface End {
  readonly kind: 'end'
  /** How many items there were. */
  readonly items: number | undefined
}

/** @throws CommandFailure when this is not the first line of a dump that we can read */
export function checkHeader(text: string): void {
  const header = parseObjectOf(text)
  if (header.cliquet !== 'dump') throw new CommandFailure('this is not a dump of cliquet')
  if (header.version !== FORMAT) throw new CommandFailure(`this dump has the format ${header.version}, this program knows ${FORMAT}`)
}

/** Reads a line of a dump. @throws CommandFailure that says what is wrong with it */
export function parseItem(text: string): DumpItem | End {
  const line = parseObjectOf(text)
  switch (line.kind) {
    case 'collection':
      return { kind: 'collection', ...placeIn(line), timestamp: timestampIn(line) }
    case 'record':
      return { kind: 'record', ...placeIn(line), ...recordIn(line) }
    case 'tombstone':
      return { kind: 'tombstone', ...placeIn(line), ...tombstoneIn(line) }
    case 'permission':
      return {
        kind: 'permission',
        parentId: textIn(line, 'parent_id'),
        uri: textIn(line, 'uri'),
        permission: textIn(line, 'permission'),
        principal: textIn(line, 'principal'),
      }
    case 'principal':
      return { kind: 'principal', userId: textIn(line, 'user_id'), principal: textIn(line, 'principal') }
    case 'end':
      return { kind: 'end', items: line.items === undefined ? undefined : Number(line.items) }
    default:
      throw new CommandFailure('"kind" must be collection, record, tombstone, permission, principal or end')
  }
}

function parseObjectOf(text: string): JsonObject {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (cause) {
    throw new CommandFailure(cause instanceof Error ? cause.message : String(cause), { cause })
  }
  if (!isJsonObject(value)) throw new CommandFailure('this is no JSON object')
  return value
}

const placeIn = (line: JsonObject) => ({ parentId: textIn(line, 'parent_id'), resource: textIn(line, 'resource') })

function recordIn(line: JsonObject) {
  const { id: _id, last_modified: _timestamp, ...fields } = dataIn(line)
  if (Object.hasOwn(fields, 'deleted')) throw new CommandFailure('"deleted" is no field of a record')
  const fault = findForbiddenText(fields)
  if (fault !== undefined) throw new CommandFailure(`${fault.name}: ${fault.description}`)
  return { ...identityIn(line), body: storedText(fields) }
}

function tombstoneIn(line: JsonObject) {
  if (dataIn(line).deleted !== true) throw new CommandFailure('"deleted" of a tombstone must be true')
  return identityIn(line)
}

function identityIn(line: JsonObject) {
  const data = dataIn(line)
  return { id: textIn(data, 'id'), timestamp: timestampIn(data) }
}

function dataIn({ data }: JsonObject): JsonObject {
  if (!isJsonObject(data)) throw new CommandFailure('"data" must be an object')
  return data
}

function textIn(object: JsonObject, name: string): string {
  const value = object[name]
  if (typeof value !== 'string' || !isStorableText(value)) throw new CommandFailure(`"${name}" must be a text`)
  return value
}

function timestampIn({ last_modified: timestamp }: JsonObject): number {
  if (typeof timestamp === 'number' && Number.isSafeInteger(timestamp) && timestamp >= 0) return timestamp
  throw new CommandFailure('"last_modified" must be a whole number of ms')
}
