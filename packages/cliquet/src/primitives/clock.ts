/** Milliseconds since the Unix epoch. Whatever needs the time is given a clock, so that tests can hold it. */
export type Clock = () => number

/** The machine's clock. */
export const systemClock: Clock = () => Date.now()
