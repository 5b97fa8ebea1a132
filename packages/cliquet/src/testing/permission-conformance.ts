import type { PermissionTest } from '../permission/conformance/index.ts'
import { permissionPromises, permissionTests } from '../permission/conformance/index.ts'
import type { PermissionBackend } from '../permission/contract.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Gap } from './account.ts'
import { createHeldClock } from './clock.ts'
import type { OpenPair } from './joint-conformance.ts'
import { jointTests, withPair } from './joint-conformance.ts'
import { createOpened, notLent } from './lent.ts'
import type { Suite, SuiteTest } from './suite.ts'
import { register } from './suite.ts'

/** Opens a permission backend, not prepared; the suite prepares and empties it. */
export type OpenPermission = (options: { readonly clock: Clock }) => Promise<PermissionBackend> | PermissionBackend

/** What an implementer lends to the suite. A promise whose tests need something that is not given must be declared a gap. */
export interface PermissionConformanceOptions {
  /** Promises that the implementation does not keep, each with its reason. */
  readonly gaps?: readonly Gap[] | undefined
  /** Opens the data of a backend that was closed, as a restarted process would. Needed for P11. */
  readonly reopen?: ((closed: PermissionBackend) => Promise<PermissionBackend> | PermissionBackend) | undefined
  /** Opens a storage and a permission backend of one database. Needed for P13 and P14; more tests of P9. */
  readonly openPair?: OpenPair | undefined
}

async function run(test: PermissionTest, open: OpenPermission, { reopen }: PermissionConformanceOptions): Promise<void> {
  const opened = createOpened()
  const prepared = async (permission: PermissionBackend): Promise<PermissionBackend> => {
    opened.keep(permission)
    await permission.prepare()
    return permission
  }
  try {
    const permission = await prepared(await open({ clock: createHeldClock() }))
    await permission.flush()
    await test.run({
      permission,
      reopen: reopen ? () => permission.close().then(async () => prepared(await reopen(permission))) : notLent('reopen'),
    })
  } finally {
    await opened.closeAll()
  }
}

/** The suite as data. */
export function permissionSuite(name: string, open: OpenPermission, options: PermissionConformanceOptions = {}): Suite {
  const { gaps = [], openPair } = options
  const own = permissionTests.map(
    (test): SuiteTest => ({
      title: test.title,
      missing: test.needs && !options[test.needs] ? test.needs : undefined,
      run: () => run(test, open, options),
    }),
  )
  const joint = jointTests.map(
    (test): SuiteTest => ({ title: test.title, missing: openPair ? undefined : 'openPair', run: () => withPair(openPair, test.run) }),
  )
  return { contract: 'permission', name, promises: permissionPromises, tests: [...own, ...joint], gaps }
}

/** Registers tests with `node:test` that prove every promise of `PermissionBackend`; see `storageConformance`. */
export function permissionConformance(name: string, open: OpenPermission, options: PermissionConformanceOptions = {}): void {
  register(permissionSuite(name, open, options))
}
