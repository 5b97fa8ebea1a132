/** How many edits a name of that length may be away from the one that was meant. */
const tolerance = (name: string): number => Math.max(2, Math.floor(name.length / 3))

/** The known name that a mistyped one is nearest to, at most `limit` edits away; undefined if none is near. */
export function nearest(name: string, known: Iterable<string>, limit = tolerance(name)): string | undefined {
  let best: string | undefined
  let least = limit + 1
  for (const candidate of known) {
    const distance = editDistance(name, candidate)
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** How many insertions, deletions and replacements make one text of the other. */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
