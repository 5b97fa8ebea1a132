/** How often it looks whether an answer is overdue, ms. */
const LOOKING = 250

/** What a connection is asked at the moment. */
interface Asked {
  /** On the process's clock, ms. */
  deadline: number
  /** Undefined while it is asked nothing. */
  fail: ((error: Error) => void) | undefined
}

/**
 * Fails statements that get no answer in time, as happens when the network is cut. One timer for all: with the driver's own, one for each statement,
 * what a statement has found stays in memory until the next full garbage collection, and that took a sixth of the time of a list.
 */
export class AnswerLimit<Client extends object> {
  readonly #asked = new Map<Client, Asked>()
  #timer: NodeJS.Timeout | undefined

  /** Begins to look after a connection. */
  add(client: Client): void {
    this.#asked.set(client, { deadline: 0, fail: undefined })
    this.#timer ??= setInterval(() => this.#look(), LOOKING).unref()
  }

  remove(client: Client): void {
    this.#asked.delete(client)
    if (this.#asked.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Has `fail` called once `limit` ms have passed, up to a quarter of a second later, unless `end` is called before. One statement at a time. */
  begin(client: Client, limit: number, fail: (error: Error) => void): void {
    const asked = this.#asked.get(client)
    if (asked === undefined) return
    asked.deadline = performance.now() + limit
    asked.fail = fail
  }

  end(client: Client): void {
    const asked = this.#asked.get(client)
    if (asked !== undefined) asked.fail = undefined
  }

  #look(): void {
    const now = performance.now()
    for (const asked of this.#asked.values()) {
      const { deadline, fail } = asked
      if (fail === undefined || now <= deadline) continue
      asked.fail = undefined
      fail(new Error('the server did not answer in time'))
    }
  }
}
