import type { JsonObject } from '../../primitives/json.ts'
import { parseObject } from '../../primitives/json.ts'
import type { StoredRecord, Tombstone } from '../record.ts'
import { recordText, tombstoneText } from '../record.ts'

/** A record or tombstone in memory, never changed after it was made. */
export interface Item {
  readonly id: string
  readonly timestamp: number
  /** The record; undefined for a tombstone. Frozen, so that it can be handed out. */
  readonly record: StoredRecord | undefined
  /** The fields, parsed when first asked for; never handed out. A tombstone has none. */
  fields(): JsonObject
}

const noFields: JsonObject = Object.freeze({})

/** Makes the item of a record. */
export function recordItem(id: string, timestamp: number, body: string): Item & { readonly record: StoredRecord } {
  let parsed: JsonObject | undefined
  const fields = (): JsonObject => {
    parsed ??= parseObject(body)
    return parsed
  }
  return { id, timestamp, record: Object.freeze({ id, timestamp, body }), fields }
}

/** Makes the item of a tombstone. */
export const tombstoneItem = (id: string, timestamp: number): Item => ({ id, timestamp, record: undefined, fields: () => noFields })

/** What is told of a tombstone. */
export const tombstoneOf = ({ id, timestamp }: Item): Tombstone => Object.freeze({ id, timestamp })

/** The item as clients see it. */
export const itemText = ({ id, timestamp, record }: Item): string =>
  record ? recordText(id, timestamp, record.body) : tombstoneText(id, timestamp)
