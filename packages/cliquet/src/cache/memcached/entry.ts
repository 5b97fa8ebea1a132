import type { Json } from '../../primitives/json.ts'

/** A value as a server keeps it. */
export interface Entry {
  /** The generation it belongs to: when the prefix is flushed another one begins, and this value is not valid any more. */
  readonly generation: string
  /** When its time is over, ms since the epoch. */
  readonly end: number
  /** As JSON. */
  readonly text: string
}

/** The bytes of an entry. A generation holds no space. */
export const encodeEntry = ({ generation, end, text }: Entry): Buffer => Buffer.from(`${generation} ${end} ${text}`)

/** The entry in bytes that `encodeEntry` has made; undefined for others. */
export function decodeEntry(bytes: Buffer): Entry | undefined {
  const [whole, generation = '', end] = /^(\S+) (\S+) /.exec(bytes.toString('utf8', 0, 100)) ?? []
  return whole === undefined ? undefined : { generation, end: Number(end), text: bytes.toString('utf8', whole.length) }
}

/** The value of an entry. */
export const parseValue = ({ text }: Entry): Json => JSON.parse(text) as Json // only JSON text is ever stored
