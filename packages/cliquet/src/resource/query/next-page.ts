import type { Parameters } from './query-string.ts'

/**
 * The URL of the next page (R8.6): `selfUrl`, absolute and without query, with all parameters of this request, the effective `limit` and the token.
 */
export function nextPageUrl(selfUrl: string, parameters: Parameters, limit: number, token: string): string {
  const others = parameters.filter(([name]) => name.trim() !== '_limit' && name.trim() !== '_token')
  const all: Parameters = [...others, ['_limit', String(limit)], ['_token', token]]
  return `${selfUrl}?${all.map(([name, value]) => `${formEncode(name)}=${formEncode(value)}`).join('&')}`
}

/** Escapes all but ASCII letters, digits and `-._~`; a space is `+`. */
function formEncode(text: string): string {
  if (/^[\w.~-]*$/.test(text)) return text
  const escaped = encodeURIComponent(text).replaceAll('%20', '+')
  return escaped.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
