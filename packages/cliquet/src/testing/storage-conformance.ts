import type { Clock } from '../primitives/clock.ts'
import type { StorageTest } from '../storage/conformance/index.ts'
import { declarations, storagePromises, storageTests } from '../storage/conformance/index.ts'
import type { Storage } from '../storage/contract.ts'
import type { Gap } from './account.ts'
import { createHeldClock } from './clock.ts'
import type { OpenPair } from './joint-conformance.ts'
import { jointTests, withPair } from './joint-conformance.ts'
import { createOpened, notLent } from './lent.ts'
import type { Suite, SuiteTest } from './suite.ts'
import { register } from './suite.ts'

/** Opens a storage, not prepared; the suite prepares and empties it. It must take the time from `clock`. */
export type OpenStorage = (options: { readonly clock: Clock }) => Promise<Storage> | Storage

/** What an implementer lends to the suite. A promise whose tests need something that is not given must be declared a gap. */
export interface StorageConformanceOptions {
  /** Promises that the implementation does not keep, each with its reason. */
  readonly gaps?: readonly Gap[] | undefined
  /** Opens the data of a storage that was closed, as a restarted process would. Needed for S25. */
  readonly reopen?: ((closed: Storage, options: { readonly clock: Clock }) => Promise<Storage> | Storage) | undefined
  /** Opens a second handle on the data of an open storage, as another process would. More tests of S10, S11 and S13. */
  readonly openSecond?: ((first: Storage, options: { readonly clock: Clock }) => Promise<Storage> | Storage) | undefined
  /** Opens a storage and a permission backend of one database. Needed for S12. */
  readonly openPair?: OpenPair | undefined
  /** Makes the backend fail, until `mend`. Needed for S30. */
  readonly break?: ((storage: Storage) => Promise<void> | void) | undefined
  readonly mend?: ((storage: Storage) => Promise<void> | void) | undefined
  /** Repeats the random data of another run. */
  readonly seed?: number | undefined
}

async function run(test: StorageTest, open: OpenStorage, options: StorageConformanceOptions, seed: number): Promise<void> {
  const clock = createHeldClock()
  const opened = createOpened()
  const prepared = async (storage: Storage): Promise<Storage> => {
    opened.keep(storage)
    await storage.prepare(declarations)
    return storage
  }
  const { openSecond, reopen } = options
  const breakIt = options.break
  const mendIt = options.mend
  try {
    const storage = await prepared(await open({ clock }))
    await storage.flush()
    await test.run({
      storage,
      clock,
      seed,
      open: async () => opened.keep(await open({ clock })),
      openSecond: openSecond ? async () => prepared(await openSecond(storage, { clock })) : notLent('openSecond'),
      reopen: reopen ? () => storage.close().then(async () => prepared(await reopen(storage, { clock }))) : notLent('reopen'),
      break: breakIt ? async () => breakIt(storage) : notLent('break'),
      mend: mendIt ? async () => mendIt(storage) : notLent('mend'),
    })
  } finally {
    await opened.closeAll()
  }
}

/** The suite as data. */
export function storageSuite(name: string, open: OpenStorage, options: StorageConformanceOptions = {}): Suite {
  const { gaps = [], seed = Date.now() % 1_000_000, openPair } = options
  const own = storageTests.map(
    (test): SuiteTest => ({
      title: test.title,
      missing: test.needs && !options[test.needs] ? test.needs : undefined,
      run: () => run(test, open, options, seed),
    }),
  )
  const joint = jointTests.map(
    (test): SuiteTest => ({ title: test.title, missing: openPair ? undefined : 'openPair', run: () => withPair(openPair, test.run) }),
  )
  return { contract: 'storage', name, promises: storagePromises, tests: [...own, ...joint], gaps, seed }
}

/**
 * Registers tests with `node:test` that prove every promise of `Storage` on an implementation. A promise that is neither proven nor a declared
 * gap fails; so does a gap that names no promise. The backend's data is removed by the tests.
 */
export function storageConformance(name: string, open: OpenStorage, options: StorageConformanceOptions = {}): void {
  register(storageSuite(name, open, options))
}
