import { ConfigurationError } from '../../errors/configuration-error.ts'
import { importExport, subject } from '../named-module.ts'
import type { Settings } from '../settings.ts'
import { changedSequence, chosenSequence, type SequenceChange } from './sequence.ts'
import type { StartStep } from './step.ts'

/** A change to the steps of the start. */
export type StepChange = SequenceChange<StartStep>

/** The steps as the settings want them: those of `initialization_sequence`, then what is removed, replaced and added. */
export async function stepsBySettings(steps: readonly StartStep[], settings: Settings): Promise<readonly StartStep[]> {
  const { initializationSequence: sequence } = settings
  const chosen = sequence === undefined ? steps : await sequenceOf(steps, sequence, settings)
  const changes: StepChange[] = settings.stepsRemoved.map((name) => ({ remove: name }))
  for (const { name, specifier } of pairsOf('steps_replaced', settings.stepsReplaced, settings)) {
    changes.push({ replace: name, with: await loadStep(specifier, 'steps_replaced', settings) })
  }
  for (const { name, specifier } of pairsOf('steps_before', settings.stepsBefore, settings)) {
    changes.push({ before: name, add: await loadStep(specifier, 'steps_before', settings) })
  }
  for (const { name, specifier } of pairsOf('steps_after', settings.stepsAfter, settings)) {
    changes.push({ after: name, add: await loadStep(specifier, 'steps_after', settings) })
  }
  return changedSequence(chosen, changes)
}

/** Names of steps that are built in, and modules of others. */
async function sequenceOf(steps: readonly StartStep[], words: readonly string[], settings: Settings): Promise<readonly StartStep[]> {
  const isModule = (word: string): boolean => /[./:]/.test(word)
  const loaded = new Map<string, StartStep>()
  for (const word of words.filter(isModule)) loaded.set(word, await loadStep(word, 'initialization_sequence', settings))
  return words.flatMap((word) => loaded.get(word) ?? chosenSequence(steps, [word]))
}

interface Pair {
  readonly name: string
  readonly specifier: string
}

function pairsOf(setting: string, words: readonly string[], settings: Settings): Pair[] {
  return words.map((word) => {
    const equals = word.indexOf('=')
    if (equals > 0 && equals < word.length - 1) return { name: word.slice(0, equals), specifier: word.slice(equals + 1) }
    throw new ConfigurationError(`${subject(settings, setting)}: "${word}" must be the name of a step, "=" and a module`)
  })
}

async function loadStep(specifier: string, setting: string, settings: Settings): Promise<StartStep> {
  const step = await importExport(specifier, 'step', 'a step of the start: { name, run(start) } as `step`', setting, settings)
  if (isStep(step)) return step
  throw new ConfigurationError(`${subject(settings, setting)}: \`step\` of the module ${specifier} must be { name, run(start) }`)
}

const isStep = (value: unknown): value is StartStep =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'run' in value &&
  typeof value.run === 'function'
