/** A value bound to a statement. */
export type SqlParam = null | boolean | number | string

/** One statement, with values for `$1`, `$2` … */
export interface SqlStatement {
  readonly text: string
  readonly values?: readonly SqlParam[]
  /**
   * Prepares the statement under this name on each connection, which saves its parsing and planning. Only for texts of which there are few:
   * a name stands for one text, and is never forgotten.
   */
  readonly name?: string
}

/** A row: each column as PostgreSQL writes it in text, so numbers and JSON are strings and booleans `t` and `f`. */
export type SqlRow = readonly (string | null)[]

/** A name in SQL text. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A string in SQL text. */
export const quoted = (text: string): string => {
  const escaped = text.replaceAll("'", "''")
  return escaped.includes('\\') ? ` E'${escaped.replaceAll('\\', '\\\\')}'` : `'${escaped}'`
}

/** An array as PostgreSQL reads it, for a value of a type such as `text[]`. */
export const arrayLiteral = (items: readonly (string | number | null)[]): string => `{${items.map(element).join(',')}}`

function element(item: string | number | null): string {
  if (item === null) return 'null'
  return typeof item === 'number' ? String(item) : `"${item.replace(/[\\"]/g, '\\$&')}"`
}

/** The database's time in ms, in SQL; `$clock` in its place replaces it. */
export const DATABASE_NOW = '(extract(epoch from clock_timestamp())*1000)::bigint'
