import { ConfigurationError } from '../errors/configuration-error.ts'
import { defineIdGenerator, type IdGenerator } from '../model/ids.ts'
import { importExport, subject } from './named-module.ts'
import { resourceKey } from './settings/patterns.ts'
import type { Settings } from './settings.ts'

/** The id generators that settings name. */
export interface NamedIdGenerators {
  /** That of `id_generator`. */
  readonly common: IdGenerator | undefined
  /** That of `{resource}_id_generator`. */
  of(resource: string): IdGenerator | undefined
}

const ENDING = '_id_generator'

/** Loads the modules of `id_generator` and `{resource}_id_generator`. @throws ConfigurationError that says where the setting is and what they must export */
export async function loadIdGenerators(settings: Settings): Promise<NamedIdGenerators> {
  const { idGenerator, ofResources } = settings
  const common = idGenerator === undefined ? undefined : await load(idGenerator, 'id_generator', settings)
  const own = new Map<string, IdGenerator>()
  for (const [setting, specifier] of ofResources) {
    if (setting.endsWith(ENDING) && typeof specifier === 'string') own.set(setting, await load(specifier, setting, settings))
  }
  return { common, of: (resource) => own.get(resourceKey(`${resource}${ENDING}`)) }
}

async function load(specifier: string, setting: string, settings: Settings): Promise<IdGenerator> {
  const form = 'an id generator as `idGenerator`: what defineIdGenerator makes, or a function that makes ids'
  const exported = await importExport(specifier, 'idGenerator', form, setting, settings)
  if (!isGenerator(exported)) {
    throw new ConfigurationError(`${subject(settings, setting)}: \`idGenerator\` of the module ${specifier} must be ${form}`)
  }
  try {
    // It may not be made by defineIdGenerator, which finds out whether its ids match its pattern.
    return typeof exported === 'function' ? defineIdGenerator(exported) : defineIdGenerator(() => exported.generate(), exported.pattern)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw new ConfigurationError(`${subject(settings, setting)}: ${error.message}`, { cause: error })
  }
}

const isGenerator = (value: unknown): value is IdGenerator | (() => string) =>
  typeof value === 'function' ||
  (typeof value === 'object' &&
    value !== null &&
    'generate' in value &&
    typeof value.generate === 'function' &&
    'pattern' in value &&
    value.pattern instanceof RegExp)
