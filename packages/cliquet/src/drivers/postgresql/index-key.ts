import { hash } from 'node:crypto'

/** Longer ones do not fit into an index, with the other columns of a key. */
const LONGEST = 255

/** Begins keys that are hashes, so that no text is ever the key of another. */
const HASHED = '\u0001'

/**
 * A text's key for columns of an index: equal for equal texts only, whatever characters they have. It is the text itself unless that is longer
 * than 255 bytes, or can't be kept.
 */
export function indexKey(text: string): string {
  if (Buffer.byteLength(text) <= LONGEST && !text.startsWith(HASHED) && text.isWellFormed() && !text.includes('\0')) return text
  return HASHED + hash('sha256', Buffer.from(text, 'utf16le'))
}
