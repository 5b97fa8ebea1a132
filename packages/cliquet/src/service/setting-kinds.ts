/** How a setting's value is read: from text, as in the environment, or as it is given in code. */
export interface Kind<T> {
  /** Completes "must be …" in an error. */
  readonly expected: string
  /** The value, or undefined if it is not of this kind. */
  read(value: unknown): T | undefined
}

/** What a setting is: its kind, its value unless set, and a sentence for the reference page. */
export interface SettingDefinition<T> {
  readonly kind: Kind<T>
  readonly default: T | undefined
  readonly summary: string
  /** Never printed. */
  readonly secret?: boolean
}

const words: ReadonlyMap<string, boolean> = new Map(
  ['true', 'yes', 'on', '1']
    .map((word): [string, boolean] => [word, true])
    .concat(['false', 'no', 'off', '0'].map((word) => [word, false])),
)

/** Any text. */
export const text: Kind<string> = {
  expected: 'a text',
  read: (value) => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined),
}

/** true or false; yes, no, on, off, 1 and 0 in text. */
export const flag: Kind<boolean> = {
  expected: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : typeof value === 'string' ? words.get(value.trim().toLowerCase()) : undefined),
}

/** A whole number not below `minimum`. */
export const integer = (minimum: number): Kind<number> => ({
  expected: `a whole number not below ${minimum}`,
  read(value) {
    const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    return typeof read === 'number' && Number.isSafeInteger(read) && read >= minimum ? read : undefined
  },
})

/** A number between two others. */
export const number = (minimum: number, maximum: number): Kind<number> => ({
  expected: `a number from ${minimum} to ${maximum}`,
  read(value) {
    const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    return typeof read === 'number' && read >= minimum && read <= maximum ? read : undefined
  },
})

/** Words, separated by white space in text. */
export const list: Kind<readonly string[]> = {
  expected: 'a list of words',
  read(value) {
    if (typeof value === 'string') return value.split(/\s+/).filter((word) => word !== '')
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
  },
}

/** An ISO 8601 date or time. */
export const date: Kind<string> = {
  expected: 'an ISO 8601 date, such as 2030-12-31',
  read: (value) => (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined),
}
