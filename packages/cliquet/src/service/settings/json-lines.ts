interface Token {
  readonly text: string
  readonly line: number
}

/** Strings, numbers, words and punctuation; anything else is a token of one character. */
function* tokensOf(text: string): Generator<Token> {
  let line = 1
  for (const [token] of text.matchAll(/\n|"(?:[^"\\\n]|\\.)*"|[\w.+-]+|[^\s]/g)) {
    if (token === '\n') line += 1
    else yield { text: token, line }
  }
}

/** The line of each name in a valid JSON text, by the JSON text of the names that lead to it. */
export function jsonLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  const path: string[] = []
  let last: Token | undefined
  for (const token of tokensOf(text)) {
    if (token.text === ':' && last !== undefined) {
      path[path.length - 1] = JSON.parse(last.text)
      lines.set(JSON.stringify(path), last.line)
    } else if (token.text === '{' || token.text === '[') path.push('')
    else if (token.text === '}' || token.text === ']') path.pop()
    last = token
  }
  return lines
}

/** The line at which `JSON.parse` failed: it says so, except where it met a wrong token in place of a value. */
export function jsonFault(text: string, error: unknown): number {
  const [, told] = /\(line (\d+) column/.exec(error instanceof Error ? error.message : '') ?? []
  if (told !== undefined) return Number(told)
  let last: Token = { text: ',', line: 1 }
  for (const token of tokensOf(text)) {
    const needsValue = last.text === ':' || last.text === ',' || last.text === '['
    const isEmptyArray = last.text === '[' && token.text === ']'
    if (needsValue && !isEmptyArray && !/^(?:".*"|-?\d.*|true|false|null|[{[])$/.test(token.text)) return token.line
    last = token
  }
  return last.line
}
