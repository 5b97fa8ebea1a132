const MAX_PARTS = 8

/** How an engine writes paths into a JSON column. */
export interface PathDialect {
  /** A path as an SQL expression. */
  literal(keys: readonly string[]): string
  /** A condition: there is something at that path. */
  exists(keys: readonly string[]): string
}

/**
 * An SQL expression for the path at which a dotted name is found (R7.6): at each level the longest literal key that ends at a dot and is
 * there, without going back when what follows is missing. A name of n parts makes 2^(n−1) branches, so what follows the eighth dot counts as
 * one part with it.
 */
export function dottedPath(name: string, dialect: PathDialect): string {
  const parts = name.split('.')
  const last = parts.slice(MAX_PARTS - 1).join('.')
  return pathFrom([], parts.length > MAX_PARTS ? [...parts.slice(0, MAX_PARTS - 1), last] : parts, dialect)
}

function pathFrom(above: readonly string[], parts: readonly string[], dialect: PathDialect): string {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return dialect.literal([...above, only])
  const branches: string[] = []
  for (let length = parts.length; length > 0; length -= 1) {
    const path = [...above, parts.slice(0, length).join('.')]
    const found = length === parts.length ? dialect.literal(path) : pathFrom(path, parts.slice(length), dialect)
    branches.push(`when ${dialect.exists(path)} then ${found}`)
  }
  return `case ${branches.join(' ')} else ${dialect.literal([...above, parts.join('.')])} end`
}
