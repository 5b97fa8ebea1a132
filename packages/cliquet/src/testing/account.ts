/** A promise that an implementation does not keep, and why. */
export interface Gap {
  readonly promise: string
  readonly why: string
}

/** What became of a test that ran. */
export interface Result {
  readonly title: string
  readonly promises: readonly string[]
  readonly passed: boolean
  readonly error?: unknown
}

/** What the tests that ran prove. */
export interface Account {
  /** Promises with at least one test that passed and none that failed. */
  readonly proven: readonly string[]
  /** Promises with a test that failed. */
  readonly broken: readonly string[]
  /** What is wrong with the suite as a whole; empty when every promise is proven or a declared gap. */
  readonly complaints: readonly string[]
  readonly failures: readonly Result[]
  /** All of it in one line. */
  readonly line: string
}

interface Accounted {
  readonly contract: string
  readonly name: string
  readonly promises: readonly string[]
  readonly gaps: readonly Gap[]
  readonly seed?: number | undefined
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`

/** Adds up. A promise that no test concerned, neither proven nor declared, is a complaint; so is a gap that names no promise. */
export function account(suite: Accounted, results: readonly Result[]): Account {
  const concerning = (promise: string): readonly Result[] => results.filter(({ promises }) => promises.includes(promise))
  const isGap = (promise: string): boolean => suite.gaps.some((gap) => gap.promise === promise)
  const broken = suite.promises.filter((promise) => concerning(promise).some(({ passed }) => !passed))
  const proven = suite.promises.filter((promise) => !broken.includes(promise) && !isGap(promise) && concerning(promise).length > 0)
  const open = suite.promises.filter((promise) => !broken.includes(promise) && !proven.includes(promise) && !isGap(promise))
  const unknown = suite.gaps.filter(({ promise }) => !suite.promises.includes(promise))
  const complaints = [
    ...broken.map((promise) => `${promise} is broken`),
    ...open.map((promise) => `${promise} was proven by no test: give what its tests need, or declare a gap with its reason`),
    ...unknown.map(({ promise }) => `the gap ${promise} names no promise of this contract`),
    ...suite.gaps.filter(({ why }) => why.trim() === '').map(({ promise }) => `the gap ${promise} has no reason`),
  ]
  const parts = [
    plural(suite.promises.length, 'promise'),
    `${proven.length} proven`,
    plural(suite.gaps.length, 'gap') +
      (suite.gaps.length > 0 ? ` (${suite.gaps.map(({ promise, why }) => `${promise}: ${why}`).join('; ')})` : ''),
    ...(broken.length > 0 ? [`${broken.length} broken (${broken.join(', ')})`] : []),
    ...(open.length > 0 ? [`${open.length} not proven (${open.join(', ')})`] : []),
    ...(suite.seed === undefined ? [] : [`seed ${suite.seed}`]),
  ]
  const line = `${suite.contract} conformance: ${suite.name}: ${parts.join(', ')}`
  return { proven, broken, complaints, failures: results.filter(({ passed }) => !passed), line }
}
