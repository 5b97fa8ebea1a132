import type { SqlParam } from '../../drivers/postgresql/statement.ts'
import type { Fragment } from '../../drivers/sql/fragment.ts'
import { MARK } from './dialect.ts'

/** Collects the values of a statement whose pieces are put together one by one. */
export class Numbering {
  readonly values: SqlParam[]

  /** @param first those that come before: their marks, `$1` and so on, may stand in any piece */
  constructor(first: readonly SqlParam[] = []) {
    this.values = [...first]
  }

  /** The piece's text with PostgreSQL's numbered marks. The text may be used several times. */
  text({ text, params }: Fragment): string {
    let used = 0
    const numbered = text.replaceAll(MARK, () => `$${this.values.length + ++used}`)
    this.values.push(...params)
    return numbered
  }
}
