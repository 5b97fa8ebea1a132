/** A text without what would move the cursor of a terminal or begin another line: clients choose some of it. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)

/** A value behind its name: as it is if it is one word, else in quotes or as JSON. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"]+$/.test(value)) return printable(value)
  return printable(JSON.stringify(value) ?? String(value))
}
