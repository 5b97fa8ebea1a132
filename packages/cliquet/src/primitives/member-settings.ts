/**
 * The settings of one policy, plugin or listener, `multiauth.policy.{name}.*` for example. A key that is set but that its owner never asks for
 * is an error at the start.
 */
export interface MemberSettings {
  /** @throws ConfigurationError if it is not set */
  required(key: string): string
  text(key: string): string | undefined
  /** Words; none if it is not set. */
  list(key: string): readonly string[]
  flag(key: string, fallback: boolean): boolean
  /** Seconds, as ms. */
  seconds(key: string, fallback: number): number
  /** One of these words; the first one unless it is set. */
  choice<const T extends string>(key: string, words: readonly [T, ...T[]]): T
  /** An error about the setting: `must` completes "must be …". */
  fault(key: string, must: string): Error
}
