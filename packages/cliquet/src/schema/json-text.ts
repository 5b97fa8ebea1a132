/** A text is not JSON, or has a number that no double can hold. The message begins with `Invalid JSON: ` (R3.9). */
export class InvalidJson extends Error {
  override readonly name = 'InvalidJson'
}

/**
 * Only a text that matches can have a number beyond the range of doubles: 309 digits before the point are needed, or an exponent of three
 * digits, or one of two digits with more than 200 digits before it. Hexadecimal text in strings matches too.
 */
const hugeNumber = /\d[eE]\+?\d{3}|(?<!\d)\d{200}/

/** Parses a request's body (R0.3). Of equal keys the last wins; numbers beyond ±2^53 lose precision. @throws InvalidJson */
export function parseJson(text: string): unknown {
  const value = parsed(text)
  if (hugeNumber.test(text) && !allFinite(value)) throw new InvalidJson('Invalid JSON: a number is out of range')
  return value
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InvalidJson(`Invalid JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Whether all numbers in `value` are finite. Not recursive: JSON.parse accepts a nesting deeper than the stack. */
function allFinite(value: unknown): boolean {
  const waiting = [value]
  while (waiting.length > 0) {
    const item = waiting.pop()
    if (typeof item === 'number' && !Number.isFinite(item)) return false
    if (typeof item === 'object' && item !== null) for (const child of Object.values(item)) waiting.push(child)
  }
  return true
}
