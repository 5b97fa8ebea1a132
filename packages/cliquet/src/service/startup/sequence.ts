import { ConfigurationError } from '../../errors/configuration-error.ts'
import { nearest } from '../settings/nearest.ts'

/** Something with a name that has a place in an order. */
interface Named {
  readonly name: string
}

/** A change to the steps of the start, by the names of the steps that are there. */
export type SequenceChange<Step extends Named> =
  | { readonly remove: string }
  | { readonly replace: string; readonly with: Step }
  | { readonly before: string; readonly add: Step }
  | { readonly after: string; readonly add: Step }

/**
 * The steps with the changes made, one after the other: what one adds the next can name.
 * @throws ConfigurationError for a name that is not there, with the nearest that is, and for one that is there twice
 */
export function changedSequence<Step extends Named>(steps: readonly Step[], changes: readonly SequenceChange<Step>[]): readonly Step[] {
  const changed = changes.reduce(applyChange, steps)
  const names = changed.map(({ name }) => name)
  const double = names.find((name, place) => names.indexOf(name) !== place)
  if (double !== undefined) throw new ConfigurationError(`there are two steps of the start with the name "${double}"`)
  return changed
}

/** The steps of those names, in that order. @throws ConfigurationError for a name that is not there */
export const chosenSequence = <Step extends Named>(steps: readonly Step[], names: readonly string[]): readonly Step[] =>
  names.flatMap((name) => steps[placeOf(steps, name)] ?? [])

function applyChange<Step extends Named>(steps: readonly Step[], change: SequenceChange<Step>): readonly Step[] {
  if ('remove' in change) return steps.toSpliced(placeOf(steps, change.remove), 1)
  if ('replace' in change) return steps.toSpliced(placeOf(steps, change.replace), 1, change.with)
  if ('before' in change) return steps.toSpliced(placeOf(steps, change.before), 0, change.add)
  return steps.toSpliced(placeOf(steps, change.after) + 1, 0, change.add)
}

function placeOf(steps: readonly Named[], name: string): number {
  const names = steps.map((step) => step.name)
  const place = names.indexOf(name)
  if (place >= 0) return place
  const near = nearest(name, names)
  const hint = near === undefined ? `there are ${names.join(', ')}` : `did you mean "${near}"?`
  throw new ConfigurationError(`the start has no step "${name}": ${hint}`)
}
