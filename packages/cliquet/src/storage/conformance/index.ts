import { conditionTests } from './conditions.ts'
import { contentionTests } from './contention.ts'
import { filterTests } from './filters.ts'
import { keepingTests } from './keeping.ts'
import { movingTests } from './moving.ts'
import { orderTests } from './order.ts'
import { randomisedTests } from './randomised.ts'
import { roundTripTests } from './round-trip.ts'
import { sessionTests } from './sessions.ts'
import { snapshotTests } from './snapshots.ts'
import { timestampTests } from './timestamps.ts'
import { tombstoneTests } from './tombstones.ts'
import { transactionTests } from './transactions.ts'
import type { StorageTest } from './trial.ts'
import { uniqueFieldTests } from './unique-fields.ts'

/** The numbers of the promises of `Storage`. */
export const storagePromises: readonly string[] = Array.from({ length: 39 }, (_, i) => `S${i + 1}`)

/** The tests of all promises but S12, which concerns two backends and is proven by the joint tests of `testing/`. */
export const storageTests: readonly StorageTest[] = [
  ...roundTripTests,
  ...timestampTests,
  ...tombstoneTests,
  ...conditionTests,
  ...uniqueFieldTests,
  ...snapshotTests,
  ...filterTests,
  ...orderTests,
  ...randomisedTests,
  ...keepingTests,
  ...sessionTests,
  ...transactionTests,
  ...contentionTests,
  ...movingTests,
]

export type { HeldClock, StorageNeed, StorageTest, StorageTrial } from './trial.ts'
export { declarations } from './trial.ts'
