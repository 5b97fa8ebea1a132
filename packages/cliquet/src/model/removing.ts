import type { RemoveAllOutcome } from '../storage/contract.ts'
import type { Query } from '../storage/query.ts'
import { observeRemoved, type Removed } from './changes.ts'
import { MissingRecord, WriteConflict } from './conflicts.ts'
import type { RecordModel, Scope } from './model.ts'
import { removalWork, writeWith } from './permissions.ts'
import { PreconditionFailed } from './precondition.ts'
import { demand, untilSettled, type WriteRequest } from './writing.ts'

/** Removes a record (R5.29). `timestamp` is the tombstone's, if greater than the record's own (R5.31). */
export async function removeRecord(
  model: RecordModel,
  scope: Scope,
  request: WriteRequest,
  timestamp: () => number | undefined,
): Promise<Removed> {
  const removed = await untilSettled(async () => {
    const existing = await model.storage.get(scope.collection, request.id)
    await request.authorize('write', existing)
    const chosen = timestamp()
    if (existing === undefined) throw new MissingRecord()
    await demand(model, scope, request.precondition, existing)
    const outcome = await writeWith(
      model,
      removalWork(model, scope),
      (join) =>
        model.storage.remove(scope.collection, {
          id: request.id,
          condition: { kind: 'timestamp', timestamp: existing.timestamp },
          timestamp: chosen,
          join,
        }),
      (done) => (done.outcome === 'removed' ? [request.id] : []),
    )
    if (outcome.outcome === 'timestamp-taken') throw new WriteConflict()
    return outcome.outcome === 'removed' ? outcome : undefined
  })
  observeRemoved(scope, [removed], removed.tombstone.timestamp)
  return removed
}

/**
 * Removes what the query selects (R5.30).
 * @throws PreconditionFailed if `ifTimestamp` is not the collection's
 */
export async function removeRecords(
  model: RecordModel,
  scope: Scope,
  query: Query,
  ifTimestamp: number | undefined,
): Promise<Extract<RemoveAllOutcome, { outcome: 'removed' }>> {
  const outcome = await writeWith(
    model,
    removalWork(model, scope),
    (join) => model.storage.removeAll(scope.collection, query, { ifTimestamp, join }),
    (done) => (done.outcome === 'removed' ? done.removed.map(({ tombstone }) => tombstone.id) : []),
  )
  if (outcome.outcome === 'refused') throw new PreconditionFailed(undefined, outcome.timestamp)
  observeRemoved(scope, outcome.removed, outcome.timestamp)
  return outcome
}
