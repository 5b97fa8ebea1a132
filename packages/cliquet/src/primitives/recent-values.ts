/** Remembers texts that were worked out lately, by what they were worked out from: at least `size` and fewer than twice as many. */
export class RecentValues {
  readonly #size: number
  #newer = new Map<string, string>()
  /** What `#newer` was when it was full. */
  #older: ReadonlyMap<string, string> = new Map()

  constructor(size: number) {
    this.#size = size
  }

  /** The value of a key, worked out if it is not known any more. */
  get(key: string, workOut: (key: string) => string): string {
    const known = this.#newer.get(key)
    if (known !== undefined) return known
    const value = this.#older.get(key) ?? workOut(key)
    if (this.#newer.size === this.#size) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#newer.set(key, value)
    return value
  }
}
