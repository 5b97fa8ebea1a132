import type { JoinedWork } from '../primitives/joined-work.ts'
import type { Transaction, TransactionOptions } from '../primitives/transaction.ts'
import type { LoadOutcome, StorageItem } from './dump.ts'
import type { Filter, Query, SortValue } from './query.ts'
import type { StoredRecord, Tombstone } from './record.ts'

/** A resource's records in one scope. Ids, timestamps and unique values are per collection. Both parts match by equality (S20). */
export interface Collection {
  readonly parentId: string
  readonly resource: string
}

/** What must be true of the record for a write to happen. A tombstone counts as no record. Decided inside the write (S10). */
export type Condition =
  | { readonly kind: 'none' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'present' }
  | { readonly kind: 'timestamp'; readonly timestamp: number }

/** A record to write. */
export interface Put {
  readonly id: string
  /** JSON text of an object without `id`, `last_modified` and `deleted`, nested keys sorted (`storedText`). */
  readonly body: string
  readonly condition: Condition
  /** A timestamp chosen by the client, an integer ≥ 0 (R5.38–R5.42). */
  readonly timestamp?: number | undefined
  /** Committed with the write, or not at all. */
  readonly join?: readonly JoinedWork[] | undefined
}

/** A record to remove. */
export interface Removal {
  readonly id: string
  readonly condition: Condition
  /** The tombstone's timestamp, if greater than the record's own; ignored otherwise (R5.31). */
  readonly timestamp?: number | undefined
  readonly join?: readonly JoinedWork[] | undefined
}

/** The condition did not hold: nothing was written. `current` is the live record, if any; `timestamp` the collection's. */
export interface Refused {
  readonly outcome: 'refused'
  readonly current: StoredRecord | undefined
  readonly timestamp: number
}

/** What became of a `Put`. All but `created` and `replaced` wrote nothing, joined work included. */
export type PutOutcome =
  | { readonly outcome: 'created'; readonly record: StoredRecord }
  | { readonly outcome: 'replaced'; readonly record: StoredRecord; readonly previous: StoredRecord }
  | Refused
  | { readonly outcome: 'duplicate'; readonly field: string; readonly existing: StoredRecord }
  | { readonly outcome: 'timestamp-taken' }

/** What became of a `Removal`. All but `removed` wrote nothing. */
export type RemovalOutcome =
  | { readonly outcome: 'removed'; readonly tombstone: Tombstone; readonly previous: StoredRecord }
  | Refused
  | { readonly outcome: 'timestamp-taken' }

/** What became of a removal of many. `removed` is in the order of the query. `next`: see `Page`. */
export type RemoveAllOutcome =
  | {
      readonly outcome: 'removed'
      readonly removed: readonly { readonly tombstone: Tombstone; readonly previous: StoredRecord }[]
      /** The collection's, after the removal. */
      readonly timestamp: number
      readonly next: readonly SortValue[] | undefined
    }
  | { readonly outcome: 'refused'; readonly timestamp: number }

/** A page of a list. Everything in it comes from one snapshot (S13). */
export interface Page {
  /** The collection's. */
  readonly timestamp: number
  /** Text of a JSON array of records and tombstones as clients see them (`recordText`). */
  readonly json: string
  /** How many items are in it. */
  readonly length: number
  /** When more items follow: the sort values of the last one (tombstones: of a record with id, last_modified and deleted only). */
  readonly next: readonly SortValue[] | undefined
}

/** What a resource asks of storage, told once before the first request. */
export interface ResourceDeclaration {
  readonly name: string
  /** Names of top-level fields whose non-null values are unique among a collection's live records (R5.44). */
  readonly uniqueFields: readonly string[]
  /** Names of fields that filters ask for often; a backend may make an index for each, and may do without (setting `indexes` of a resource). */
  readonly indexes?: readonly string[] | undefined
}

/** Which tombstones to purge; both conditions must hold when both are given. Without any: all of them. */
export interface Purge {
  readonly resource?: string | undefined
  readonly parentId?: string | undefined
  /** Only those older, exclusive (ms). */
  readonly before?: number | undefined
  /** All but so many newest per collection. */
  readonly keep?: number | undefined
}

/**
 * Keeps records. Every promise is proven by `conformance/` on every implementation; a gap is declared with its reason.
 *
 * Any method may fail with `BackendError`; nothing of that call is then written, unless the connection was lost during the commit, and the
 * next call works again as soon as the backend does (S30).
 *
 * Writes
 * - S1. What was put is got back: every JSON value, any Unicode id, parent and resource name, including `'`, `%`, `_`, `*`, `"`, `\`.
 * - S2. A write stamps a timestamp `max(now, collection timestamp + 1)` (ms), which becomes the collection's; it is unique in the
 *   collection, tombstones included, and strictly increasing, also within one millisecond and when the clock goes backwards (R9.1, R9.2).
 * - S3. A timestamp chosen by the client: greater than the collection's is used and becomes the collection's; equal is replaced by S2;
 *   lower is used and leaves the collection's alone; in a collection that never had one it is used, whatever it is (R5.40).
 * - S4. On a live record a chosen timestamp not greater than the record's own is ignored, S2 applies (R5.39, R5.31).
 * - S5. A chosen timestamp that another record or tombstone of the collection has is refused as `timestamp-taken` (R5.42).
 * - S6. The collection timestamp never decreases, survives the removal of all records and a restart (R9.3); a refused write leaves it alone (R9.6).
 * - S7. Removing leaves a tombstone with its own new timestamp; a tombstone is no record for `get` and conditions; removing it again is refused (R9.8).
 * - S8. Putting over a tombstone creates the record and removes the tombstone; removing again renews its timestamp (R9.8).
 * - S9. `removeAll` gives each tombstone its own timestamp, in the query's order, never selects tombstones, and leaves the collection timestamp
 *   alone when nothing matches (R5.30); `next` has the values before the removal (R8.11).
 * - S10. A condition is decided inside the write: of N concurrent puts with the same `timestamp` condition, or of N with `absent`, exactly one
 *   succeeds (R6.10). `removeAll` decides its `ifTimestamp` likewise.
 * - S11. A unique field's non-null value belongs to one live record of the collection, decided inside the write: a second one is a `duplicate`
 *   that names the field and the other record; 1, "1" and true differ, null and absent are free, tombstones free their values (R5.44).
 * - S12. Joined work is committed with the write, and not at all when the write is refused.
 *
 * Reads
 * - S13. A page's timestamp, items and `next` are one snapshot, so are a count and its timestamp: every item at or below the timestamp is there (R9.4, R9.5).
 * - S14. Reading a collection that never had a timestamp fixes it at now; later reads give the same until a write (R6.1). No other read writes.
 * - S15. Filters mean what R7 says: R7.2's operators, absent fields, deep equality, no casts between types.
 * - S16. `like` matches by R7.8: without case (also beyond ASCII), everything but `*` literal.
 * - S17. Sorting is R8.3's total order of mixed types and absent fields; comparisons use the same order.
 * - S18. Pages by `after` neither repeat nor skip an item, in any order, and no page costs more than the first (R8.8).
 * - S19. Tombstones take part when a filter concerns `last_modified` (R7.13), as records with `id`, `last_modified` and `deleted` only, else never; a count has none (R7.15).
 * - S20. Ids, parents and resources match by equality: `a_b`, `a%b`, `a*b` and `aXb` are four different ones, and so are `a` and `A`.
 * - S21. Dotted names find the literal key first, then the longest prefix that ends at a dot (R7.6).
 * - S22. `ids` narrows lists, counts and removals to these records; an empty list narrows to none.
 *
 * Keeping
 * - S23. Purged tombstones are gone, live records stay, the collection timestamp stays (R9.9); without `before` and `keep`, a purge that names a
 *   parent forgets the timestamps of its collections that have no live record.
 * - S24. `flush` removes every record, tombstone and timestamp.
 * - S25. What was acknowledged survives a restart of the process.
 * - S26. `prepare` may be called again, also with other unique fields; it fails with `ConfigurationError` naming a pair of records when stored
 *   values are already double.
 * - S27. `check` writes and removes a private item that nobody sees, or only reads, and tells whether that worked (R2.5).
 * - S28. After `close` nothing is left open; a second `close` does nothing.
 * - S29. Records given back are nobody's: changing what was returned or given changes nothing stored.
 * - S30. After a failure the next call works again as soon as the backend does.
 *
 * Transactions
 * - S31. A session sees what was committed and what its transaction wrote before; conditions, unique fields, timestamps, counts and pages are
 *   decided against both, as S1 to S22 say (R6.11, R11.11).
 * - S32. Nobody else sees anything of a transaction before its commit, and a rollback leaves no trace of it: not in records, tombstones, counts,
 *   unique values and chosen timestamps, nor in collection timestamps, including those that its reads fixed (S14, R9.7).
 * - S33. After the commit all of it is there, at once, and survives a restart. Timestamps increase strictly in the order of commits, other
 *   writes included: a client that polls misses nothing (R9.4).
 * - S34. A call that is refused or fails changes nothing and leaves the session usable, unless the backend itself failed: then nothing of the
 *   transaction is ever committed. After the end of a transaction, also that by time-out, calls in it fail with `BackendError`, as does `commit`;
 *   `rollback` does nothing. A transaction of another database is refused by `within`.
 * - S35. Transactions and single writes may run at once, on the same collections in any order: none is lost, and none waits for ever. Who would
 *   wait too long gets a `BackendError`, and may try the whole transaction again.
 *
 * Moving
 * - S36. A dump gives each collection that has a timestamp, and after it each of its records and tombstones once; of the same state always in the
 *   same order. It holds little in memory, whatever there is to give, waits for whoever reads it, and leaves nothing open when that one stops.
 * - S37. In a dump a collection's timestamp and what is in it are one snapshot, whatever is written meanwhile.
 * - S38. What is loaded has the ids, timestamps and bodies of the items, and replaces records and tombstones of the same ids; of one id that
 *   comes twice the last counts. The rest stays. A collection's timestamp becomes the greatest of its own, that of its item, and those in it
 *   (S6). Loading the same twice is loading it once.
 * - S39. A load that would give two of a collection one timestamp, or two records one unique value, is a `conflict` that names one of the items,
 *   and writes nothing. What it replaces is in nobody's way. Others may write at once: counts and timestamps stay right.
 */
export interface Storage extends StorageSession {
  /** Makes the schema and the indexes of these resources. Called once, before anything else. */
  prepare(resources: readonly ResourceDeclaration[]): Promise<void>
  /** @returns how many tombstones were removed */
  purge(purge: Purge): Promise<number>
  flush(): Promise<void>
  check(options: { readonly readonly: boolean }): Promise<boolean>
  /** Everything that is kept, to be taken elsewhere. @throws BackendError while it is read */
  dump(): AsyncIterable<StorageItem>
  /** Takes in items of a dump, all or none: some hundreds at a time. A collection need not come before what is in it, nor at all. */
  load(items: readonly StorageItem[]): Promise<LoadOutcome>
  /**
   * Begins a transaction, to be ended by its `commit` or `rollback`. Whoever works in it awaits no write of the same database outside it: that
   * one may have to wait for the end of the transaction.
   */
  begin(options?: TransactionOptions): Promise<Transaction>
  /** Reads and writes inside the transaction. @throws BackendError when it is of another database */
  within(transaction: Transaction): StorageSession
  close(): Promise<void>
}

/** Reading and writing records: each call by itself, or all inside a transaction (`Storage.within`). For the promises see `Storage`. */
export interface StorageSession {
  /** The live record, or undefined. */
  get(collection: Collection, id: string): Promise<StoredRecord | undefined>
  /** The collection's timestamp (ms); see S14. */
  timestamp(collection: Collection): Promise<number>
  list(collection: Collection, query: Query): Promise<Page>
  /** How many live records match. O(1) without filters and ids. */
  count(
    collection: Collection,
    filters: readonly Filter[],
    ids?: readonly string[],
  ): Promise<{ readonly total: number; readonly timestamp: number }>
  put(collection: Collection, put: Put): Promise<PutOutcome>
  remove(collection: Collection, removal: Removal): Promise<RemovalOutcome>
  /** Removes what the query selects. With `ifTimestamp` only if the collection's timestamp is that one. */
  removeAll(
    collection: Collection,
    query: Query,
    options?: { readonly ifTimestamp?: number | undefined; readonly join?: readonly JoinedWork[] | undefined },
  ): Promise<RemoveAllOutcome>
  /** Whether this storage can commit that work with its writes: it lives in the same database. */
  canJoin(work: JoinedWork): boolean
}
