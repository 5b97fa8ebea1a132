/** What goes before the names: one word and `_`, because tools group metrics by their first word. `reading-list` makes `readinglist_`. */
export function prefixOf(text: string): string {
  const word = text.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (word === '') return ''
  return /^\d/.test(word) ? `_${word}_` : `${word}_`
}

/** A name without what Prometheus can't have in it: `backend.storage` is `backend_storage`. */
export const cleanName = (name: string): string => name.replace(/[^A-Za-z0-9_]/g, '_') || '_'

/** Names of metrics that are left out, with or without prefix and suffix. */
export function isDisabled(disabled: ReadonlySet<string>, prefix: string, name: string, suffix: string): boolean {
  const names = [name, name + suffix, prefix + name, prefix + name + suffix]
  return names.some((one) => disabled.has(one))
}
