/** Requests may take so many times as long as usual. */
const TOLERANCE = 1.5

/** How much one request counts in the average of those in quiet times. */
const NEWEST_SHARE = 0.002

/** How often the limit is adjusted, ms, and how far at most. */
const PERIOD = 100
const FALL = 0.5
const RISE = 1.5

/** So many may always be under way, or nothing would ever get faster. */
const LEAST = 2

/** Of the first period. */
const FIRST = 16

/**
 * How many requests may be under way at once: as many as can be while they take half as long again as in quiet times. Where they take longer, fewer are
 * let in, and where they take less, more.
 */
export class ConcurrencyLimit {
  /** How long requests take in quiet times, ms: a moving average. */
  #usual = 0
  /** Of how many that is. */
  #known = 0
  #underWay = 0
  #most = FIRST
  #began = 0
  /** Since then: how many there were at once, how many were served, and how long they took together, ms. */
  #peak = 0
  #served = 0
  #spent = 0

  /** Whether one more may begin. */
  get isReached(): boolean {
    return this.#known > 0 && this.#underWay >= this.#most
  }

  /** To be told how long a request took in quiet times, ms. */
  learn(duration: number): void {
    // A single one that is slow says little of the next.
    const counted = this.#known === 0 ? duration : Math.min(duration, 4 * this.#usual + 1)
    this.#known += 1
    this.#usual += (counted - this.#usual) * Math.max(1 / this.#known, NEWEST_SHARE)
  }

  /** To be called when the limit comes into force. */
  begin(now: number): void {
    this.#most = FIRST
    this.#beginPeriod(now)
  }

  /** To be called now and then while it is in force. */
  adjust(now: number): void {
    if (now - this.#began < PERIOD) return
    const took = this.#served === 0 ? Number.POSITIVE_INFINITY : this.#spent / this.#served
    const change = Math.min(RISE, Math.max(FALL, (TOLERANCE * this.#usual) / took))
    // What was not made use of says nothing.
    this.#most = Math.max(LEAST, Math.min(this.#most * change, 2 * this.#peak + LEAST))
    this.#beginPeriod(now)
  }

  /** Counts a request that begins. @returns to be called once when it is over, with the time it took, ms */
  enter(): (took: number) => void {
    this.#underWay += 1
    this.#peak = Math.max(this.#peak, this.#underWay)
    return (took) => {
      this.#underWay -= 1
      this.#served += 1
      this.#spent += took
    }
  }

  #beginPeriod(now: number): void {
    this.#began = now
    this.#peak = this.#underWay
    this.#served = 0
    this.#spent = 0
  }
}
