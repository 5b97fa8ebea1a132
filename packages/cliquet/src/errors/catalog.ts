/** What a kind of error says to clients (R3.1, R3.2). */
export interface ErrorDefinition {
  /** HTTP status. */
  readonly status: number
  readonly errno: number
  /** Sent verbatim (R3.3); absent where the protocol gives none. */
  readonly message?: string
}

/**
 * Every error this toolkit answers with, by name. Its table in `docs/errors.md` is compared with this one by a test, in both directions.
 */
export const errorCatalog = {
  'missing-credentials': { status: 401, errno: 104, message: 'Please authenticate yourself to use this endpoint.' },
  'invalid-login': { status: 400, errno: 105 },
  'invalid-parameters': { status: 400, errno: 107 },
  'invalid-path': { status: 400, errno: 107, message: 'Invalid URL path.' },
  'invalid-query-string': { status: 400, errno: 107, message: 'The query string has an incorrect encoding: it must be UTF-8.' },
  'not-acceptable': { status: 406, errno: 107 },
  'unsupported-media-type': { status: 415, errno: 107 },
  'missing-record': { status: 404, errno: 110 },
  'missing-url': { status: 404, errno: 111, message: 'The resource you are looking for could not be found.' },
  'missing-length': { status: 411, errno: 112, message: 'The length of the body is missing.' },
  'body-too-large': { status: 413, errno: 113, message: 'The body of the request is too large.' },
  'precondition-failed': { status: 412, errno: 114, message: 'Resource was modified meanwhile' },
  'method-not-allowed': { status: 405, errno: 115, message: 'Method not allowed on this endpoint.' },
  'unsupported-version': { status: 404, errno: 116, message: 'The requested API version is not available on this server.' },
  'too-many-requests': { status: 429, errno: 117, message: 'Too many requests, please retry later.' },
  forbidden: { status: 403, errno: 121, message: 'This user cannot access this resource.' },
  'constraint-violated': { status: 409, errno: 122, message: 'Integrity constraint violated, please retry.' },
  'backend-unavailable': {
    status: 503,
    errno: 201,
    message: 'Service temporary unavailable due to overloading or maintenance, please retry later.',
  },
  'service-ended': {
    status: 410,
    errno: 202,
    message: 'The service you are trying to connect no longer exists at this location.',
  },
  unexpected: { status: 500, errno: 999, message: 'A programmatic error occurred, developers have been informed.' },
} as const satisfies Record<string, ErrorDefinition>

/** The name of an error of the catalogue. */
export type ErrorName = keyof typeof errorCatalog

/** The errno of application errors that name none, and of statuses the protocol gives no number (R3.20). */
export const UNDEFINED_ERRNO = 999
