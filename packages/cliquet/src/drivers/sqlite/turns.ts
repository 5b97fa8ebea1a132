/** Called when it is one's turn. `leave` ends the turn; a second call does nothing. */
export type Start = (leave: () => void) => void

/** Lets one at a time do something, in the order in which they asked: what wants to write to a file from this process. */
export class Turns {
  #current: Start | undefined
  readonly #line: Start[] = []

  /** Calls `start` when everybody before has left: at once when nobody is there. @returns `leave`, which also gives up a place in the line */
  enter(start: Start): () => void {
    const place: Start = (leave) => start(leave)
    this.#line.push(place)
    if (this.#current === undefined) this.#next()
    return () => this.#leave(place)
  }

  #next(): void {
    const place = this.#line.shift()
    this.#current = place
    place?.(() => this.#leave(place))
  }

  #leave(place: Start): void {
    const index = this.#line.indexOf(place)
    if (index >= 0) this.#line.splice(index, 1)
    else if (this.#current === place) this.#next()
  }
}
