import { type InvalidParameters, invalid } from '../../errors/invalid-parameters.ts'

/** The error of a JSON Patch that can't be applied (R5.26). */
export const patchFailure = (reason: string): InvalidParameters => invalid('body', null, `JSON Patch operation failed: ${reason}`)

/** Counts work and fails when it is too much. */
export type Meter = (work: number) => void

/** A meter that allows so much. A short patch can ask for endless work: a value copied into itself doubles each time. */
export function createMeter(limit: number): Meter {
  let left = limit
  return (work) => {
    left -= work
    if (left < 0) throw patchFailure('too much is copied, moved, shifted or compared')
  }
}
