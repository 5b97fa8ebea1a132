/** Folds case beyond ASCII; both lower-case sigmas are one letter. */
const fold = (text: string): string => text.toLowerCase().replaceAll('ς', 'σ')

/**
 * Whether `text` matches a `like` pattern (R7.8): without case, `*` is any run, the pattern is anchored at both ends; without any `*` it is
 * searched anywhere. Takes time proportional to the lengths' product at worst, whatever the pattern.
 */
export function matchesPattern(text: string, pattern: string): boolean {
  const folded = fold(text)
  const parts = fold(pattern).split('*')
  const first = parts.shift() ?? ''
  const last = parts.pop()
  if (last === undefined) return folded.includes(first)
  if (!folded.startsWith(first)) return false
  let position = first.length
  for (const part of parts) {
    const found = folded.indexOf(part, position)
    if (found < 0) return false
    position = found + part.length
  }
  return folded.length - last.length >= position && folded.endsWith(last)
}
