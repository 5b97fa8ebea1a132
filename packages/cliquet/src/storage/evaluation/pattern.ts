import type { SortValue } from '../query.ts'

/**
 * Makes the test of a pattern (R7.8): `*` is any run, all else is literal and without case; without a star the text is searched anywhere.
 * No regular expression: one with many stars would take polynomial time.
 */
export function patternMatcher(pattern: string): (value: SortValue) => boolean {
  const [head = '', ...rest] = (pattern.includes('*') ? pattern : `*${pattern}*`).toLowerCase().split('*')
  const tail = rest.pop() ?? ''
  return (value) => {
    if (value === undefined || value === null || typeof value === 'object') return false
    const text = String(value).toLowerCase()
    const end = text.length - tail.length
    let at = head.length
    if (at > end || !text.startsWith(head) || !text.endsWith(tail)) return false
    for (const part of rest) {
      const found = text.indexOf(part, at)
      if (found < 0 || found + part.length > end) return false
      at = found + part.length
    }
    return true
  }
}
