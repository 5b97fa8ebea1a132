import type { SqlParam } from '../../drivers/postgresql/statement.ts'
import type { Fragment } from '../../drivers/sql/fragment.ts'
import { MARK } from './dialect.ts'

/** Collects the values of a statement whose pieces are put together one by one. */
export class Numbering {
  readonly values: SqlParam[] = []

  /** The piece's text with PostgreSQL's numbered marks. The text may be used several times. */
  text({ text, params }: Fragment): string {
    let used = 0
    const numbered = text.replaceAll(MARK, () => `$${this.values.length + ++used}`)
    this.values.push(...params)
    return numbered
  }

  /** A mark for one value. */
  mark(value: SqlParam): string {
    return `$${this.values.push(value)}`
  }
}
