import { isJsonArray, isJsonObject, type Json } from '../primitives/json.ts'
import { MASK, withoutPasswords } from '../primitives/passwords.ts'

/** Keeps secrets out of what is shown of a request: by the names of parameters, headers and members, whatever their case. */
export interface Concealment {
  /** A request target's path. */
  path(text: string): string
  /** A query string, without `?`. */
  query(text: string): string
  headers(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
  /** A value as JSON has them, at any depth; also in URLs in it. */
  value(value: Json): Json
}

/** Makes what conceals the values of these names. */
export function createConcealment(names: readonly string[]): Concealment {
  const hidden = new Set(names.map((name) => name.toLowerCase()))
  const isHidden = (name: string): boolean => hidden.has(name.toLowerCase())

  /** Of a parameter whose name is hidden, escaped or not, the value is masked. */
  function parameter(text: string): string {
    const end = text.indexOf('=')
    const name = end < 0 ? text : text.slice(0, end)
    return end >= 0 && isHidden(unescaped(name)) ? `${name}=${MASK}` : text
  }
  const query = (text: string): string => (text.includes('=') ? text.split('&').map(parameter).join('&') : text)

  /** A text that may be a URL: what follows the first `?` is its query. */
  function url(text: string): string {
    const mark = text.indexOf('?')
    return withoutPasswords(mark < 0 ? text : `${text.slice(0, mark + 1)}${query(text.slice(mark + 1))}`)
  }

  function value(json: Json): Json {
    if (typeof json === 'string') return url(json)
    if (isJsonArray(json)) return json.map(value)
    if (!isJsonObject(json)) return json
    return Object.fromEntries(Object.entries(json).map(([name, member]) => [name, isHidden(name) ? MASK : value(member)]))
  }

  return {
    query,
    value,
    path: (text) => (text.startsWith('/') ? text : withoutPasswords(text)),
    headers: (headers) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [name, isHidden(name) ? MASK : typeof text === 'string' ? url(text) : text]),
      ),
  }
}

function unescaped(name: string): string {
  if (!name.includes('%')) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
