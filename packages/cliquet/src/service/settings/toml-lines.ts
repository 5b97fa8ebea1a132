/**
 * The line of a name in a valid TOML text, or of the nearest table around it. It is looked for line by line: a line of a text that looks like
 * the name, and stands before it, is taken for it.
 */
export function tomlLine(text: string, path: readonly string[]): number {
  const wanted = JSON.stringify(path)
  let table: readonly string[] = []
  let around = 1
  for (const [index, content] of text.split('\n').entries()) {
    const header = /^\s*\[([^[\]]+)\]/.exec(content)?.[1]
    if (header !== undefined) table = namesIn(header)
    const name = /^\s*((?:"[^"]*"|'[^']*'|[\w.\s-])+?)\s*=/.exec(content)?.[1]
    const names = name === undefined ? table : [...table, ...namesIn(name)]
    if (JSON.stringify(names) === wanted) return index + 1
    if ((header !== undefined || name !== undefined) && names.every((part, position) => part === path[position])) around = index + 1
  }
  return around
}

const namesIn = (dotted: string): readonly string[] =>
  [...dotted.matchAll(/"([^"]*)"|'([^']*)'|[\w-]+/g)].map(([bare, double, single]) => double ?? single ?? bare)
