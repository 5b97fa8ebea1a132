import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { catalogError, HttpError } from '../errors/http-error.ts'
import { type ErrorSettings, errorAnswer } from './errors.ts'
import { CONTENT_SECURITY_POLICY } from './guards.ts'

/** What Node says of a connection that speaks no HTTP. */
interface ConnectionError {
  readonly code?: unknown
}

/** Answers what never becomes a request, such as a malformed line or headers that are too long, in the format of R3.1, and hangs up. */
export function answerConnectionError(error: ConnectionError, socket: Socket, settings: ErrorSettings): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable) socket.write(answerText(refusalOf(error), settings))
  socket.destroy()
}

function refusalOf({ code }: ConnectionError): HttpError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HttpError(408, { message: 'The request has taken too long to arrive.' })
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpError(431, { message: 'The headers of the request are too long.' })
  return catalogError('invalid-parameters', { message: 'The request is not valid HTTP.' })
}

function answerText(refusal: HttpError, settings: ErrorSettings): string {
  const { status, text = '' } = errorAnswer(refusal, settings)
  const headers = [
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'X-Content-Type-Options: nosniff',
    `Content-Security-Policy: ${CONTENT_SECURITY_POLICY}`,
    'Connection: close',
  ]
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.join('\r\n')}\r\n\r\n${text}`
}
