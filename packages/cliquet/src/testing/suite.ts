import { after, describe, it } from 'node:test'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Account, Gap, Result } from './account.ts'
import { account } from './account.ts'

/** One test of a suite, ready to run. Its title starts with the promises it proves. */
export interface SuiteTest {
  readonly title: string
  /** What the test needs and the implementer did not give; the test is then skipped. */
  readonly missing?: string | undefined
  run(): Promise<void>
}

/** What a conformance suite consists of: data, which `register` hands to `node:test` and `prove` runs at once. */
export interface Suite {
  readonly contract: string
  /** Of the implementation. */
  readonly name: string
  /** The numbers of all promises of the contract. */
  readonly promises: readonly string[]
  readonly tests: readonly SuiteTest[]
  readonly gaps: readonly Gap[]
  /** Of the random data, if the suite has any. */
  readonly seed?: number | undefined
}

/** Longest time a test may take, ms: a backend that hangs is a failure. */
const patience = 120_000

/** Which of the promises a title names: the numbers it starts with. */
export function promisesNamed(title: string): readonly string[] {
  const words = title.split(/:? /)
  const end = words.findIndex((word) => !/^[SCPM]\d+$/.test(word))
  return end < 0 ? words : words.slice(0, end)
}

/** Why a test is not run, or undefined: one of its promises is a gap, or something it needs was not given. */
export function reasonToSkip(suite: Suite, test: SuiteTest): string | undefined {
  const named = promisesNamed(test.title)
  const gap = suite.gaps.find(({ promise }) => named.includes(promise))
  if (gap) return `gap ${gap.promise}: ${gap.why}`
  return test.missing && `\`${test.missing}\` was not given`
}

async function attempt(test: SuiteTest): Promise<Result> {
  try {
    await test.run()
    return { promises: promisesNamed(test.title), title: test.title, passed: true }
  } catch (error) {
    return { promises: promisesNamed(test.title), title: test.title, passed: false, error }
  }
}

/** Runs the tests one after the other, all or those whose title `only` accepts, and tells what they prove. */
export async function prove(suite: Suite, only: (title: string) => boolean = () => true): Promise<Account> {
  const results: Result[] = []
  for (const test of suite.tests) {
    if (only(test.title) && reasonToSkip(suite, test) === undefined) results.push(await attempt(test))
  }
  return account(suite, results)
}

/**
 * Registers the tests with `node:test`, and one more that fails when a promise is neither proven nor a declared gap, or a gap names an
 * unknown promise. At the end one line tells what really ran and passed.
 */
export function register(suite: Suite): void {
  describe(`${suite.contract} conformance: ${suite.name}`, () => {
    const results: Result[] = []
    for (const test of suite.tests) {
      const skip = reasonToSkip(suite, test)
      it(test.title, skip === undefined ? { timeout: patience } : { skip }, async () => {
        const result = await attempt(test)
        results.push(result)
        if (!result.passed) throw result.error
      })
    }
    it('every promise is proven or a declared gap', () => {
      const { complaints } = account(suite, results)
      if (complaints.length > 0) throw new ConfigurationError(complaints.join('\n'))
    })
    after(() => console.log(account(suite, results).line))
  })
}
