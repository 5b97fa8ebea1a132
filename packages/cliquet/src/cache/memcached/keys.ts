import { createHash } from 'node:crypto'

/** The names under which a server keeps what belongs to one prefix: short, and of letters and digits, whatever prefix and keys are. */
export interface KeyNames {
  /** What all of them begin with. */
  readonly start: string
  /** Of the value that says which values are valid. */
  readonly generation: string
  /** Of the value of a key. */
  of(key: string): string
}

/** Of the code units, not of UTF-8: two keys with different halves of a surrogate pair are two keys. */
const hash = (text: string): string => createHash('sha256').update(text, 'utf16le').digest('base64url')

/** Makes the names for a prefix. Different prefixes and keys have different names. */
export function createKeyNames(prefix: string): KeyNames {
  const start = `cliquet.${hash(prefix)}.`
  return { start, generation: `${start}generation`, of: (key) => start + hash(key) }
}
