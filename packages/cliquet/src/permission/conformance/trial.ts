import type { PermissionBackend } from '../contract.ts'

/** What a test is given: a prepared, empty backend. Everything opened is closed after the test. */
export interface PermissionTrial {
  readonly permission: PermissionBackend
  /** Closes `permission` and opens its data again, prepared. */
  reopen(): Promise<PermissionBackend>
}

/** One test of the suite. Its title starts with the promises it proves. */
export interface PermissionTest {
  readonly title: string
  /** An ability that not every implementer can lend; without it the test is skipped. */
  readonly needs?: 'reopen' | undefined
  run(trial: PermissionTrial): Promise<void>
}
