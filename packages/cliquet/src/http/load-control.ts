import type { Access } from '../primitives/access.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'

/** What load control goes by. */
export interface LoadOptions {
  /** How long requests may wait for their turn, ms. */
  readonly limit: number
  /** How long a call of the backends that is made now would wait, ms. */
  readonly expectedWait: (access: Access) => number
  /** How many wait for being told that they are refused. */
  readonly held?: (() => number) | undefined
  /** Called when refusing begins, with how long requests have to wait, ms. */
  readonly onBegin?: ((wait: number) => void) | undefined
  /** Called when it ends, with how many were refused. */
  readonly onEnd?: ((refused: number) => void) | undefined
  /** ms, never going back; the process's unless given. */
  readonly now?: (() => number) | undefined
  /** Has something done when all that this turn of the event loop has found is worked off; `setImmediate` unless given. */
  readonly afterTurn?: ((work: () => void) => void) | undefined
}

/** Once it refuses, it lets in for so long in each turn, ms, and at least so many: they are served nearly as fast as ever. */
const CALM = 1
const LEAST = 2

/** A turn so many times as long as usual was a pause: what has arrived meanwhile has waited too long already. So nobody is let in in the next turns, */
const HICCUP = 3
/** at most so many of them. */
const MOST_SKIPPED = 2

/** How much the newest turn counts in the average of them. */
const NEWEST_SHARE = 0.1

/** What waits too long for so long, ms, and no shorter in the end than before, is overload. A burst is over by then, and so is a pause of the process. */
const STANDING = 200

/** A turn that begins so long, ms, after the one before owes nothing to it. */
const PAUSE = 10

/** How often it looks whether it is over, ms: then no more than this share of the requests had to be refused, as happens also where all could be served. */
const PERIOD = 500
const FEW = 0.2

/** Or when no more requests come than this share of the most that were ever served, and those who are refused are told at once: all who ask are seen. */
const EASY = 0.8
const AT_ONCE = 100

/** How much of that it believes half a second later. */
const KEPT_SHARE = 0.999

/** If it begins anew within so long, ms, that was wrong. */
const RELAPSE = 2000

/** After so long, ms, everything is let in, to see: clients who ask again at once, whatever they are answered, would never let it be over. */
const PROBATION = 30_000

/** Turns up to this length, ms, are those of quiet times. */
const QUIET = 5

/** How long clients are asked to slow down after requests had to wait for half the limit, ms. */
const WARNING = 1000

/**
 * Decides which requests are served while there are more than can be.
 *
 * A process can't see how long requests have waited in the kernel. But it sees how long a turn of its event loop takes, and whatever arrives in a turn
 * waits for the end of it. As long as there is no more to do than can be done, a long turn is followed by a shorter one. If there is, turns get longer
 * and longer. From then on requests are let in for a short time at the beginning of each turn, and the others in it are refused, which costs little:
 * turns are short again, nobody waits for long, and as much is done as before. (CoDel does so with the packets of a network, RFC 8289.) Lines before
 * the backends count alike, and where requests take longer than usual, fewer are under way (`ConcurrencyLimit`).
 */
export class LoadControl {
  readonly #options: LoadOptions
  readonly #now: () => number
  readonly #afterTurn: (work: () => void) => void
  readonly #concurrency = new ConcurrencyLimit()
  #isInTurn = false
  #admittedInTurn = 0
  #turnBegan = 0
  #turnEnded = Number.NEGATIVE_INFINITY
  /** Of the turn before; 0 if that is over for long. */
  #lastTurn = 0
  /** How long turns take while requests are refused: a moving average. */
  #usualTurn = 0
  /** How many turns in a row were, or are, without anybody who is let in. */
  #skipped = 0
  /** Since when every turn was too long, and every wait for a backend. */
  #longTurnsSince: number | undefined
  #longWaitsSince: number | undefined
  #warnedAt = Number.NEGATIVE_INFINITY
  #overloadedSince: number | undefined
  #refusedBefore = 0
  #periodBegan = 0
  #admittedInPeriod = 0
  #refusedInPeriod = 0
  #refused = 0
  #longest = 0
  /** How many were served since the last look, and the most that were served in a time, requests per ms. */
  #served = 0
  #servedSince = 0
  #capacity = 0
  /** The most that were held in this period. */
  #mostHeld = 0
  /** How many came, requests per ms, when it was over because those were few; and when that was. */
  #lastEasy: { readonly at: number; readonly rate: number } | undefined

  constructor(options: LoadOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#afterTurn = options.afterTurn ?? setImmediate
  }

  /** Whether requests are refused at the moment. */
  get isRefusing(): boolean {
    return this.#overloadedSince !== undefined
  }

  /** Whether clients should slow down. */
  get isBusy(): boolean {
    return this.#overloadedSince !== undefined || this.#turnBegan - this.#warnedAt < WARNING
  }

  /** How many requests were refused so far. */
  get refused(): number {
    return this.#refused
  }

  /** The longest turn since this was asked last, ms. */
  takeLongest(): number {
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  /** Whether a request that has come is to be served. To be asked for each, before anything is done for it. */
  admits(access: Access): boolean {
    const now = this.#now()
    if (!this.#isInTurn) this.#beginTurn(now)
    const elapsed = now - this.#turnBegan
    if (this.#overloadedSince === undefined) {
      if (!this.#isStanding(now, elapsed)) return true
      this.#begin(now)
    }
    const isEarly = this.#skipped === 0 && (elapsed <= CALM || this.#admittedInTurn < LEAST)
    if (isEarly && !this.#concurrency.isReached && this.#options.expectedWait(access) <= CALM) {
      this.#admittedInTurn += 1
      this.#admittedInPeriod += 1
      return true
    }
    this.#refusedInPeriod += 1
    this.#refused += 1
    return false
  }

  /** To be called for a request that is served while others are refused. @returns to be called once when it is over */
  enter(): () => void {
    const began = this.#now()
    const leave = this.#concurrency.enter()
    return () => leave(this.#now() - began)
  }

  /** To be told how long a request took that was served, ms: in quiet times that is what all should take. */
  learn(duration: number): void {
    this.#served += 1
    const isQuiet = this.#overloadedSince === undefined && this.#lastTurn <= QUIET && this.#options.expectedWait('write') === 0
    if (isQuiet) this.#concurrency.learn(duration)
  }

  /** To be called for a request that is served although it was not admitted. */
  forgive(): void {
    this.#refusedInPeriod -= 1
    this.#refused -= 1
  }

  #beginTurn(now: number): void {
    this.#isInTurn = true
    this.#admittedInTurn = 0
    this.#turnBegan = now
    if (now - this.#turnEnded > PAUSE) {
      this.#lastTurn = 0
      this.#longTurnsSince = undefined
    }
    const wait = this.#options.expectedWait('write')
    if (wait < this.#options.limit) this.#longWaitsSince = undefined
    else this.#longWaitsSince ??= now
    if (wait >= this.#options.limit / 2) this.#warnedAt = now
    this.#countServed(now)
    if (this.#overloadedSince !== undefined) this.#concurrency.adjust(now)
    this.#mostHeld = Math.max(this.#mostHeld, this.#options.held?.() ?? 0)
    this.#endIfOver(now)
    this.#afterTurn(() => this.#endTurn())
  }

  #endTurn(): void {
    const now = this.#now()
    const took = now - this.#turnBegan
    const { limit } = this.#options
    if (took < limit) this.#longTurnsSince = undefined
    else this.#longTurnsSince ??= this.#turnBegan
    if (Math.min(took, this.#lastTurn) >= limit / 2) this.#warnedAt = now
    this.#isInTurn = false
    this.#turnEnded = now
    this.#lastTurn = took
    const wasPause = took > HICCUP * this.#usualTurn + CALM
    this.#skipped = wasPause && this.#skipped < MOST_SKIPPED ? this.#skipped + 1 : 0
    this.#usualTurn += (Math.min(took, HICCUP * this.#usualTurn + CALM) - this.#usualTurn) * NEWEST_SHARE
    this.#longest = Math.max(this.#longest, took)
  }

  #isStanding(now: number, elapsed: number): boolean {
    const long = this.#longTurnsSince
    if (long !== undefined && now - long >= STANDING && elapsed >= this.#lastTurn) return true
    return this.#longWaitsSince !== undefined && now - this.#longWaitsSince >= STANDING
  }

  #countServed(now: number): void {
    const elapsed = now - this.#servedSince
    if (elapsed < PERIOD) return
    // After a pause there is nothing to learn.
    if (elapsed < 2 * PERIOD) this.#capacity = Math.max(this.#capacity * KEPT_SHARE, this.#served / elapsed)
    this.#served = 0
    this.#servedSince = now
  }

  #begin(now: number): void {
    if (this.#lastEasy !== undefined && now - this.#lastEasy.at < RELAPSE) this.#capacity = Math.min(this.#capacity, this.#lastEasy.rate)
    this.#overloadedSince = now
    this.#concurrency.begin(now)
    this.#beginPeriod(now)
    this.#refusedBefore = this.#refused
    this.#options.onBegin?.(Math.max(this.#lastTurn, this.#options.expectedWait('write')))
  }

  #beginPeriod(now: number): void {
    this.#periodBegan = now
    this.#admittedInPeriod = 0
    this.#refusedInPeriod = 0
    this.#mostHeld = 0
  }

  /** Whether no more come than can be served, although some had to be refused. */
  #isEasy(now: number): boolean {
    const rate = (this.#admittedInPeriod + this.#refusedInPeriod) / (now - this.#periodBegan)
    const isEasy = this.#mostHeld < AT_ONCE && rate <= EASY * this.#capacity
    if (isEasy) this.#lastEasy = { at: now, rate }
    return isEasy
  }

  #endIfOver(now: number): void {
    const since = this.#overloadedSince
    if (since === undefined || now - this.#periodBegan < PERIOD) return
    const isOver = this.#refusedInPeriod <= (this.#refusedInPeriod + this.#admittedInPeriod) * FEW || this.#isEasy(now)
    this.#beginPeriod(now)
    if (!isOver && now - since < PROBATION) return
    this.#overloadedSince = undefined
    this.#longTurnsSince = undefined
    this.#longWaitsSince = undefined
    this.#options.onEnd?.(this.#refused - this.#refusedBefore)
  }
}
