import { hash } from 'node:crypto'

/** A connection never forgets a statement that it has prepared, so there are at most so many. */
const MOST = 256

/** Names under which statements are prepared. */
export class StatementNames {
  readonly #names = new Map<string, string>()

  /** The name of a text, always the same; undefined once there are too many: of that one no plan is kept. */
  of(text: string): string | undefined {
    const known = this.#names.get(text)
    if (known !== undefined || this.#names.size === MOST) return known
    const name = `storage ${hash('sha1', text)}`
    this.#names.set(text, name)
    return name
  }
}
