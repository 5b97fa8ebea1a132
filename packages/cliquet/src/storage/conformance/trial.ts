import type { ResourceDeclaration, Storage } from '../contract.ts'

/** A clock that stands still until the test moves it. */
export interface HeldClock {
  (): number
  set(now: number): void
  advance(ms: number): void
}

/** What a test is given: a prepared, empty storage and what the implementer lent to the suite. Everything opened is closed after the test. */
export interface StorageTrial {
  /** Prepared with `declarations`, empty. */
  readonly storage: Storage
  readonly clock: HeldClock
  /** Of the random data: the same seed gives the same data. */
  readonly seed: number
  /** Opens one more, not prepared; it may or may not keep the same data. */
  open(): Promise<Storage>
  /** A second handle on the data of `storage`, prepared. */
  openSecond(): Promise<Storage>
  /** Closes `storage` and opens its data again, prepared. */
  reopen(): Promise<Storage>
  /** Makes the backend fail until `mend`. */
  break(): Promise<void>
  mend(): Promise<void>
}

/** Abilities that not every implementer can lend; a test that needs a missing one is skipped. */
export type StorageNeed = 'openSecond' | 'reopen' | 'break'

/** One test of the suite. Its title starts with the promises it proves. */
export interface StorageTest {
  readonly title: string
  readonly needs?: StorageNeed | undefined
  run(trial: StorageTrial): Promise<void>
}

/** What the suite prepares: `article` without unique fields, `bookmark` with two. */
export const declarations: readonly ResourceDeclaration[] = [
  { name: 'article', uniqueFields: [] },
  { name: 'bookmark', uniqueFields: ['url', 'short-name'] },
]

/** Makes a test. */
export const storageTest = (title: string, run: (trial: StorageTrial) => Promise<void>, needs?: StorageNeed): StorageTest => ({
  title,
  run,
  needs,
})
