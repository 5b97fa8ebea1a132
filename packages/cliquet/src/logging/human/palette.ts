/** Colours a text, or leaves it. */
type Paint = (text: string) => string

/** The colours of the original's classic lines, and some more. */
export interface Palette {
  readonly bright: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly yellow: Paint
  readonly magenta: Paint
  readonly cyan: Paint
}

/** The colours, by escape sequences that every terminal knows; none of them unless they are shown. */
export function createPalette(isShown: boolean): Palette {
  const paint = (begin: number, end: number): Paint => (isShown ? (text) => `\x1b[${begin}m${text}\x1b[${end}m` : (text) => text)
  return {
    bright: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    yellow: paint(33, 39),
    magenta: paint(35, 39),
    cyan: paint(36, 39),
  }
}
