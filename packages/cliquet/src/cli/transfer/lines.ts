import { isUtf8 } from 'node:buffer'
import { CommandFailure } from '../frame/failure.ts'

/** A line of a file, without its end. */
export interface Line {
  readonly number: number
  readonly text: string
}

const NEWLINE = 0x0a

/** A longer line is none of a dump, bytes. */
const LONGEST = 64 * 1024 * 1024

/**
 * The lines of a stream of bytes; empty ones are left out. Only a newline ends a line: JSON may hold other separators (U+2028), at which
 * `node:readline` would cut it. @throws CommandFailure when a line is too long or no UTF-8
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line, void, undefined> {
  let number = 0
  let rest: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE)
    if (end >= 0) {
      for (const text of decode([...rest, chunk.subarray(0, end)], number + 1).split('\n')) {
        number += 1
        if (text.trim() !== '') yield { number, text }
      }
      rest = []
      length = 0
    }
    rest.push(chunk.subarray(end + 1))
    length += chunk.length - end - 1
    if (length > LONGEST) throw new CommandFailure(`line ${number + 1} is longer than ${LONGEST} bytes`)
  }
  const text = decode(rest, number + 1)
  if (text.trim() !== '') yield { number: number + 1, text }
}

function decode(parts: readonly Uint8Array[], number: number): string {
  const bytes = Buffer.concat(parts)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: number > 1 }).decode(bytes)
  } catch (cause) {
    throw new CommandFailure(`line ${number + faultyLine(bytes)} is not UTF-8`, { cause })
  }
}

/** Which of the lines can't be decoded. */
function faultyLine(bytes: Buffer): number {
  let line = 0
  for (let start = 0; start <= bytes.length; line += 1) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline < 0 ? bytes.length : newline
    if (!isUtf8(bytes.subarray(start, end))) return line
    start = end + 1
  }
  return line
}
