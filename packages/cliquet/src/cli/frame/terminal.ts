import type { Readable, Writable } from 'node:stream'

/** A stream that may be a terminal's. */
export interface Stream {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** Where a command reads and writes. */
export interface Terminal {
  readonly stdin: Readable & Stream & { readonly fd?: number | undefined }
  readonly stdout: Writable & Stream
  readonly stderr: Writable & Stream
}

/** Writes a line. */
export function print({ stdout }: Pick<Terminal, 'stdout'>, line: string): void {
  stdout.write(`${line}\n`)
}
