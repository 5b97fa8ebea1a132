/** A record as storage keeps it. Immutable. */
export interface StoredRecord {
  readonly id: string
  /** `last_modified`, ms. */
  readonly timestamp: number
  /** JSON text of an object: the fields without `id` and `last_modified`. */
  readonly body: string
}

/** What remains of a removed record. */
export interface Tombstone {
  readonly id: string
  /** `last_modified`, ms: when it was removed. */
  readonly timestamp: number
}

/** The JSON text of a record as clients see it: `{"id":…,"last_modified":…,…fields}`. */
export function recordText(id: string, timestamp: number, body: string): string {
  const head = headOf(id, timestamp)
  return body === '{}' ? `${head}}` : `${head},${body.slice(1)}`
}

/** The body of a record, from its text as `recordText` makes it. */
export function recordBody(id: string, timestamp: number, text: string): string {
  const rest = text.slice(headOf(id, timestamp).length)
  return rest === '}' ? '{}' : `{${rest.slice(1)}`
}

const headOf = (id: string, timestamp: number): string => `{"id":${JSON.stringify(id)},"last_modified":${timestamp}`

/** The JSON text of a tombstone as clients see it. */
export const tombstoneText = (id: string, timestamp: number): string => `${headOf(id, timestamp)},"deleted":true}`
