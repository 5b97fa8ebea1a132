import { STATUS_CODES } from 'node:http'
import { BackendError } from '../errors/backend-error.ts'
import { type ErrorName, errorCatalog } from '../errors/catalog.ts'
import { catalogError, HttpError } from '../errors/http-error.ts'
import { type Fault, InvalidParameters } from '../errors/invalid-parameters.ts'
import { type Answer, jsonAnswer } from './answer.ts'

/** What error answers take from the settings. */
export interface ErrorSettings {
  readonly retryAfterSeconds: number
  readonly errorInfoLink: string
}

/** Errors of the host framework that have a number of their own here. */
const frameworkErrors: Readonly<Record<string, ErrorName>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'missing-length',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_BAD_URL: 'invalid-path',
  FST_ERR_MAX_PARAM_LENGTH: 'missing-url',
}

const retriable = new Set([500, 503])

/** The answer to an error. */
export interface ErrorAnswer extends Answer {
  /** Tells errors of the same status apart. */
  readonly errno: number
}

/** Turns whatever was thrown in a request into its answer (R3.1). Nothing of an unexpected error's text is shown (R3.18). */
export function errorAnswer(error: unknown, settings: ErrorSettings): ErrorAnswer {
  const known = toHttpError(error)
  const { statusCode: status, errno, options } = known
  const info = options.info ?? (status === 500 && errno === errorCatalog.unexpected.errno ? settings.errorInfoLink : undefined)
  const body = {
    code: status,
    errno,
    error: options.error ?? STATUS_CODES[status] ?? 'Unknown Error',
    ...(known.message === '' ? {} : { message: known.message }),
    ...(info === undefined || info === '' ? {} : { info }),
    ...(isEmpty(options.details) ? {} : { details: options.details }),
  }
  const retry = retriable.has(status) ? { 'retry-after': String(settings.retryAfterSeconds) } : {}
  return { ...jsonAnswer(status, body, { ...retry, ...options.headers }), errno }
}

/** The status of the answer to whatever was thrown in a request. */
export const statusOf = (error: unknown): number => toHttpError(error).statusCode

/** The faults of a request under a status of their own, such as 406 or 415 (R3.14, R3.15). */
export function faultyRequest(name: 'not-acceptable' | 'unsupported-media-type', fault: Fault): HttpError {
  return invalidParameters(new InvalidParameters([fault]), name)
}

function invalidParameters(error: InvalidParameters, name: ErrorName = 'invalid-parameters'): HttpError {
  return catalogError(name, { error: 'Invalid parameters', message: error.message, details: error.faults, cause: error })
}

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof InvalidParameters) return invalidParameters(error)
  if (error instanceof BackendError) return catalogError('backend-unavailable', { cause: error })
  return fromFramework(error) ?? catalogError('unexpected', { cause: error })
}

/** What Fastify, its plugins and `http-errors` throw: an error with `statusCode`, `validation` if a route's schema refused the request. */
function fromFramework(error: unknown): HttpError | undefined {
  if (!(error instanceof Error)) return undefined
  const { statusCode, code, validation, validationContext } = error as FrameworkError // every property is checked before use
  if (Array.isArray(validation)) return invalidParameters(new InvalidParameters(schemaFaults(validation, validationContext)))
  const name = typeof code === 'string' ? frameworkErrors[code] : undefined
  if (name !== undefined) return catalogError(name, { cause: error })
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 599) return undefined
  return statusCode === 500 ? undefined : new HttpError(statusCode, { message: error.message, cause: error })
}

interface FrameworkError {
  readonly statusCode?: unknown
  readonly code?: unknown
  readonly validation?: unknown
  readonly validationContext?: unknown
}

const locations: Readonly<Record<string, Fault['location']>> = {
  querystring: 'querystring',
  params: 'path',
  headers: 'header',
}

/** The faults that a custom view's schema found, as Ajv tells them. */
function schemaFaults(validation: readonly unknown[], context: unknown): [Fault, ...Fault[]] {
  const location = locations[String(context)] ?? 'body'
  const faults = validation.map((item): Fault => {
    const { instancePath, message, params } = item as { instancePath?: string; message?: string; params?: { missingProperty?: string } } // Ajv's error object
    const path = [...(instancePath ?? '').split('/').slice(1), ...(params?.missingProperty ? [params.missingProperty] : [])]
    return { location, name: path.join('.'), description: params?.missingProperty ? 'Required' : (message ?? 'Invalid') }
  })
  const [first = { location, name: '', description: 'Invalid' }, ...others] = faults
  return [first, ...others]
}

function isEmpty(details: unknown): boolean {
  if (details === undefined || details === null) return true
  return typeof details === 'object' && Object.keys(details).length === 0
}
