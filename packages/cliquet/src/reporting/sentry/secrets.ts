import type { ErrorEvent } from '@sentry/node'
import { MASK, withoutPasswords } from '../../primitives/passwords.ts'

/** An event without the credentials that its texts quote: passwords in URLs, and what headers have. */
export const withoutSecrets = (event: ErrorEvent): ErrorEvent => masked(event) as ErrorEvent // only texts have changed

const credentials = /\b([Bb]asic|[Bb]earer|[Tt]oken)(\s+)(?=[\w.~+/=-]*[A-Z0-9])[\w.~+/=-]{6,}/g

function masked(value: unknown): unknown {
  if (typeof value === 'string') return withoutPasswords(value).replace(credentials, `$1$2${MASK}`)
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, masked(member)]))
}
