/** A server can't be had on this machine. The message says in one line what is missing and how to get it. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
}
