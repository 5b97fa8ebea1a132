import { ConfigurationError } from '../errors/configuration-error.ts'

/** What a test must not call when the implementer did not give it; the suite skips such tests, so this is never seen. */
export const notLent = (name: string) => (): Promise<never> =>
  Promise.reject(new ConfigurationError(`\`${name}\` was not given to the conformance suite`))

/** Keeps what a test opened, to close it afterwards in any case. */
export interface Opened {
  keep<T extends { close(): Promise<void> }>(thing: T): T
  closeAll(): Promise<void>
}

/** Makes an empty keeper. */
export function createOpened(): Opened {
  const things: { close(): Promise<void> }[] = []
  return {
    keep(thing) {
      things.push(thing)
      return thing
    },
    async closeAll() {
      for (const thing of things.reverse()) await thing.close()
    },
  }
}
