/** Where a value was found. */
export type Origin =
  | { readonly source: 'code'; readonly key: string }
  /** `key` is the name of the variable. */
  | { readonly source: 'environment'; readonly key: string }
  | { readonly source: 'file'; readonly key: string; readonly file: string; readonly line: number }

/** A value as it was found, its key as it is written. */
export interface Entry {
  readonly key: string
  readonly value: unknown
  readonly origin: Origin
}

/** How an error about a value begins: `application.ini:12: setting "cliquet.port"`. */
export function subjectOf(origin: Origin): string {
  if (origin.source === 'environment') return `environment variable ${origin.key}`
  return `${lineOf(origin)}setting "${origin.key}"`
}

/** How an error about an unknown name begins, with its place. */
export const unknownName = (origin: Origin): string =>
  origin.source === 'environment' ? `unknown environment variable ${origin.key}` : `${lineOf(origin)}unknown setting "${origin.key}"`

const lineOf = (origin: Origin): string => (origin.source === 'file' ? `${origin.file}:${origin.line}: ` : '')

/** Where a value stands, without its key if the place has one: `application.ini:12`, `CLIQUET_PORT` or `code`. */
export function placeOf(origin: Origin): string {
  if (origin.source === 'file') return `${origin.file}:${origin.line}`
  return origin.source === 'environment' ? origin.key : 'code'
}

/** What environments and `.ini` files say is text; as in the original, quotes around all of it are not part of it. */
export const unquoted = (text: string): string => text.replace(/^\s*(["'])(.*)\1\s*$/s, '$2')
