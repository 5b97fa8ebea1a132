import type { Synchronous } from './location.ts'

/** What the writer thread is started with. */
export interface WriterOptions {
  readonly path: string
  readonly synchronous: Synchronous
  /** How long it tries to get the write lock, ms. */
  readonly timeout: number
}

/** One operation to run: an export of a module's `operations`, with its input (structured-clone data). */
export interface Call {
  readonly module: string
  readonly operation: string
  readonly input: unknown
}

/** What the main thread sends: calls to commit together, or the wish to end. */
export type Request = { readonly kind: 'calls'; readonly calls: readonly Call[]; readonly mayCreate: boolean } | { readonly kind: 'close' }

/** A call's answer. `error` is what was thrown; SQLite's code is said apart because the clone of an error loses it. */
export type Answer = { readonly output: unknown } | { readonly error: unknown; readonly code: number | undefined }

/** What the writer thread sends back: an answer per call, in order. With `stale`, readers must open the file anew. */
export interface Response {
  readonly answers: readonly Answer[]
  readonly stale: boolean
}
