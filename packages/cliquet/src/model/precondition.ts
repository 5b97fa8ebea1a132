import type { StoredRecord } from '../storage/record.ts'

/** What a request demands of its target (R6.6): a timestamp, or `*` for any. */
export interface Precondition {
  readonly ifMatch?: number | '*' | undefined
  readonly ifNoneMatch?: number | '*' | undefined
}

/** The target was not as the request demands (412). */
export class PreconditionFailed extends Error {
  override readonly name = 'PreconditionFailed'
  /** The record as it is, if it exists and the target is a record. */
  readonly current: StoredRecord | undefined
  /** The record's timestamp, or the collection's where there is no record. */
  readonly timestamp: number

  constructor(current: StoredRecord | undefined, timestamp: number) {
    super('the target was modified meanwhile')
    this.current = current
    this.timestamp = timestamp
  }
}

/** Whether a target with this timestamp, or one that does not exist, fails the demand. Equality, not order (R6.7). */
export function fails({ ifMatch, ifNoneMatch }: Precondition, timestamp: number | undefined): boolean {
  if (timestamp === undefined) return ifMatch !== undefined
  return ifNoneMatch === '*' || (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== timestamp)
}
