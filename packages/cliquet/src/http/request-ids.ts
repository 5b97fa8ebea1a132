import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The header by which a request is known to whoever sends, forwards and answers it. */
export const REQUEST_ID = 'x-request-id'

/** Whatever is taken over can stand in a header and in a line of a log. */
const wellFormed = /^[\w.:@/+=-]{1,128}$/

/**
 * Makes what gives requests their ids: `X-Request-Id` if it is well-formed, so that one request can be followed through several services, else
 * one that no other process makes.
 */
export function createRequestIds(): (message: IncomingMessage) => string {
  const ofProcess = randomBytes(6).toString('hex')
  let count = 0
  return ({ headers }) => {
    const { [REQUEST_ID]: given } = headers
    if (typeof given === 'string' && wellFormed.test(given)) return given
    count += 1
    return `${ofProcess}-${count}`
  }
}
