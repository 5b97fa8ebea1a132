/** A backend could not do its work: connection lost, time-out, pool exhausted, disk full. Clients get 503 with `Retry-After` (R3.19). */
export class BackendError extends Error {
  override readonly name = 'BackendError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
  }
}
