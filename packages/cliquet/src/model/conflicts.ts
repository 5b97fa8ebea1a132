import type { StoredRecord } from '../storage/record.ts'

/** A unique field's value belongs to another record (R5.44). */
export class FieldConflict extends Error {
  override readonly name = 'FieldConflict'
  readonly field: string
  readonly existing: StoredRecord

  constructor(field: string, existing: StoredRecord) {
    super(`Conflict of field ${field} on record ${existing.id}`)
    this.field = field
    this.existing = existing
  }
}

/** A write that may succeed when it is repeated: its timestamp is taken (R5.42), or others were always faster (R5.46). */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict'
}

/** No such record (404). */
export class MissingRecord extends Error {
  override readonly name = 'MissingRecord'
}
