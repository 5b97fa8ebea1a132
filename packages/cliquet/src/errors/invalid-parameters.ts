/** One fault in a request and its place (R3.5). */
export interface Fault {
  readonly location: 'body' | 'querystring' | 'header' | 'path' | 'method' | 'url' | 'cookies'
  /** A dotted path (`data.name`, `0.op`), `''` for the whole body, or null. */
  readonly name: string | null
  readonly description: string
}

/** The request is at fault: 400 with every fault named (R3.5). The message is that of the first one (R3.6). */
export class InvalidParameters extends Error {
  override readonly name = 'InvalidParameters'
  /** At least one, sorted by name as text; null sorts as `None`. */
  readonly faults: readonly Fault[]

  constructor(faults: readonly [Fault, ...Fault[]]) {
    const sorted = faults.toSorted((a, b) => compareNames(a.name ?? 'None', b.name ?? 'None'))
    super(messageOf(sorted[0] ?? faults[0]))
    this.faults = sorted
  }
}

/** The error of a single fault. */
export const invalid = (location: Fault['location'], name: string | null, description: string): InvalidParameters =>
  new InvalidParameters([{ location, name, description }])

const compareNames = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function messageOf({ location, name, description }: Fault): string {
  if (name === null) return `${location}: ${description}`
  return description.includes(name) ? description : `${name} in ${location}: ${description}`
}
