import { type ErrorDefinition, type ErrorName, errorCatalog, UNDEFINED_ERRNO } from './catalog.ts'

/** What an error tells besides its status. Sent unchanged (R3.4). */
export interface HttpErrorOptions {
  readonly message?: string
  readonly errno?: number
  /** The short name of the error; the reason phrase of the status unless given. */
  readonly error?: string
  /** A URL with more information. */
  readonly info?: string
  readonly details?: unknown
  /** Response headers, lower case. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly cause?: unknown
}

/**
 * An error with a status: thrown anywhere in a request, it becomes the response, in the envelope of R3.1.
 *
 * ```ts
 * throw new HttpError(507, { message: 'The quota is used up.', details: { quota: 1000 } })
 * ```
 */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly statusCode: number
  readonly options: HttpErrorOptions
  readonly errno: number

  constructor(statusCode: number, options: HttpErrorOptions = {}) {
    super(options.message ?? '', { cause: options.cause })
    this.statusCode = statusCode
    this.options = options
    this.errno = options.errno ?? UNDEFINED_ERRNO
  }
}

/** An error of the catalogue, with what is particular to this one. */
export function catalogError(name: ErrorName, options: HttpErrorOptions = {}): HttpError {
  const definition: ErrorDefinition = errorCatalog[name]
  const message = definition.message === undefined ? {} : { message: definition.message }
  return new HttpError(definition.status, { errno: definition.errno, ...message, ...options })
}
