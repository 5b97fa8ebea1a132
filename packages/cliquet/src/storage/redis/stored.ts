import { BackendError } from '../../errors/backend-error.ts'
import type { StoredRecord } from '../record.ts'

/** A record, or a tombstone, which has no body, as scripts give it: see `collectionLua`. */
export interface StoredItem {
  readonly id: string
  readonly timestamp: number
  readonly body: string | undefined
}

/** Reads what is stored under an id. */
export function parseStored(id: string, stored: string): StoredItem {
  const body = stored.indexOf('{')
  return body < 0
    ? { id, timestamp: Number(stored), body: undefined }
    : { id, timestamp: Number(stored.slice(0, body)), body: stored.slice(body) }
}

/** The record stored under an id; undefined for nothing and a tombstone. */
export function storedRecord(id: string, stored: string | null | undefined): StoredRecord | undefined {
  if (stored === null || stored === undefined) return undefined
  const { timestamp, body } = parseStored(id, stored)
  return body === undefined ? undefined : { id, timestamp, body }
}

/** A record that a script said is there. @throws BackendError when it is not */
export function certainRecord(id: string, stored: string | null | undefined): StoredRecord {
  const record = storedRecord(id, stored)
  if (record === undefined) throw new BackendError(`Redis gave no record for "${id}"`)
  return record
}

/** Pairs of an id and what is stored under it, one after the other in a list. */
export function parsePairs(list: readonly (string | null)[]): readonly StoredItem[] {
  const items: StoredItem[] = []
  for (let at = 0; at + 1 < list.length; at += 2) items.push(parseStored(list[at] ?? '', list[at + 1] ?? ''))
  return items
}
