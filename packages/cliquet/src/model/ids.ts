import { randomUUID } from 'node:crypto'
import { ConfigurationError } from '../errors/configuration-error.ts'

/** Makes ids for new records, and says which ids clients may choose (R5.11). */
export interface IdGenerator {
  /** Every id must match it as a whole. */
  readonly pattern: RegExp
  generate(): string
}

/** What ids look like that an own generator makes: needed by clients which sync under ids of their own. */
export const GENERIC_ID = /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/

/** UUIDs of version 4; any UUID in lower case is accepted. */
export const uuidGenerator: IdGenerator = {
  pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  generate: () => randomUUID(),
}

/**
 * Makes an id generator from a function, for ids that match `pattern` (`GENERIC_ID` unless given).
 * @throws ConfigurationError if its own ids don't match
 */
export function defineIdGenerator(generate: () => string, pattern: RegExp = GENERIC_ID): IdGenerator {
  const generator = { generate, pattern: new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')) }
  const sample = generate()
  if (!isId(generator, sample))
    throw new ConfigurationError(`the id generator makes ids such as "${sample}", which ${pattern} does not match`)
  return generator
}

/** No id is longer: it must fit into a URL and into every backend's index. */
export const MAX_ID_LENGTH = 512

/** Whether a value is an id that this generator accepts, of at most `MAX_ID_LENGTH` characters, matched at both true ends: a trailing newline fails (R5.11). */
export function isId(generator: IdGenerator, value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ID_LENGTH && generator.pattern.exec(value)?.[0] === value
}
