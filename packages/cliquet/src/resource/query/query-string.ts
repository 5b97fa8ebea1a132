import { catalogError } from '../../errors/http-error.ts'

/** The parameters of a query string, decoded, in their order, repeated ones included. */
export type Parameters = readonly (readonly [name: string, value: string])[]

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decodes a query string without its `?` as an HTML form: `+` is a space, a `%` that starts no escape stands for itself, a parameter without
 * `=` is empty. Characters beyond ASCII, which Node refuses in a request line but a part of a batch may have, stand for themselves.
 * @throws HttpError `invalid-query-string` if that is not UTF-8 (R1.16)
 */
export function parseQueryString(text: string): Parameters {
  const parts = text.split('&').filter((part) => part !== '')
  return parts.map((part) => {
    const equals = part.indexOf('=')
    return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))]
  })
}

/** The value of the last parameter of that name, or undefined when it is not given or empty. */
export function lastValue(parameters: Parameters, name: string): string | undefined {
  const value = parameters.findLast((parameter) => parameter[0].trim() === name)?.[1].trim()
  return value === '' ? undefined : value
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII
  if (/^[\x00-\x24\x26-\x7f]*$/.test(spaced)) return spaced
  if (!spaced.isWellFormed()) throw catalogError('invalid-query-string')
  try {
    return utf8.decode(percentDecode(spaced))
  } catch (cause) {
    throw catalogError('invalid-query-string', { cause })
  }
}

function percentDecode(text: string): Uint8Array {
  const raw = Buffer.from(text)
  const bytes = new Uint8Array(raw.length)
  let length = 0
  for (let i = 0; i < raw.length; i++) {
    const escaped = raw[i] === 0x25 ? raw.toString('latin1', i + 1, i + 3) : ''
    const isEscape = /^[0-9a-f]{2}$/i.test(escaped)
    bytes[length++] = isEscape ? Number.parseInt(escaped, 16) : raw.readUInt8(i)
    if (isEscape) i += 2
  }
  return bytes.subarray(0, length)
}
