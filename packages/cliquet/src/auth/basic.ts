import { isUtf8 } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { RecentValues } from '../primitives/recent-values.ts'
import type { AuthenticationPolicy } from './policy.ts'

/** Of so many users the id is kept: to work it out takes a tenth of the time of a poll. */
const KEPT = 500

/** Longer credentials are not kept. */
const LONGEST_KEPT = 256

/**
 * HTTP Basic Auth without sign-up: every pair of a user name and a password is a user (R4.5). The id is the HMAC-SHA256 of
 * `username:password` keyed with `secret`, in hex: another password makes another user, and nothing is stored.
 */
export function createBasicPolicy({
  name = 'basicauth',
  secret,
}: {
  readonly name?: string
  readonly secret: string
}): AuthenticationPolicy {
  const ids = new RecentValues(KEPT)
  const idOf = (credentials: string): string => createHmac('sha256', secret).update(credentials).digest('hex')
  return {
    name,
    challenge: 'Basic realm="Realm"',
    capability: {
      name: 'basicauth',
      description: 'Any user name and password. A different password makes a different user.',
      url: 'https://www.rfc-editor.org/rfc/rfc7617',
    },
    securityDefinition: { type: 'basic' },
    authenticate({ authorization }) {
      const credentials = authorization === undefined ? undefined : readCredentials(authorization)
      if (credentials === undefined) return undefined
      return credentials.length > LONGEST_KEPT ? idOf(credentials) : ids.get(credentials, idOf)
    },
  }
}

/** `username:password`, or undefined for what is no Basic Auth or has no user name. */
export function readCredentials(authorization: string): string | undefined {
  const match = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(authorization)
  if (match?.[1] === undefined) return undefined
  const bytes = Buffer.from(match[1], 'base64')
  const credentials = bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
  return credentials.indexOf(':') > 0 ? credentials : undefined
}
