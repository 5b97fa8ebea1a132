/**
 * Work of another backend that is committed with a write of storage when both live in the same database (R10.17). Only the backends of that
 * database look inside; everybody else hands it on.
 */
export interface JoinedWork {
  /** Identifies the database: the same object for every backend that shares it. */
  readonly database: object
}
