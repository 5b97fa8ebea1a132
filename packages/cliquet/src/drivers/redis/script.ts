import { createHash } from 'node:crypto'

/** A Lua script, which the server runs as one step. The keys that it uses all have the hash tag of the first one. */
export interface RedisScript {
  readonly lua: string
  /** By which the server knows it after it has seen it once. */
  readonly digest: string
}

/** Makes a script of pieces of Lua, one after the other. */
export function defineScript(...pieces: readonly string[]): RedisScript {
  const lua = pieces.join('\n')
  return { lua, digest: createHash('sha1').update(lua).digest('hex') }
}
