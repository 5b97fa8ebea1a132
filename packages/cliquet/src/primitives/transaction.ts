/**
 * Several writes of one database that are committed together or not at all. Begun by a storage, and handed to the backends whose calls shall
 * happen inside it. After the end, its own or one for lack of time, calls inside it fail with `BackendError`.
 */
export interface Transaction {
  /** Identifies the database: the same object as that of the works (`JoinedWork`) that can be committed with it. */
  readonly database: object
  /** Makes everything seen by others, at once. @throws BackendError when it has ended before, or could not be committed: nothing is then written */
  commit(): Promise<void>
  /** Undoes everything. After the end of the transaction it does nothing. */
  rollback(): Promise<void>
}

/** How a transaction is begun. */
export interface TransactionOptions {
  /** A transaction that has not ended so many ms after its begin is rolled back; 30,000 unless given. */
  readonly timeout?: number | undefined
}

/** How long a transaction may last unless told otherwise, ms. */
export const DEFAULT_TRANSACTION_TIMEOUT = 30_000
