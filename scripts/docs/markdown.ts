/** A fenced code block of a Markdown page. */
export interface CodeBlock {
  file: string
  /** The line of the opening fence, from 1. */
  line: number
  /** What stands behind the backticks: `ts`, `sh` … */
  info: string
  /** The lines inside, without the indentation of the fence, each ended by a newline. */
  text: string
  /** The comment directly before the block: `<!-- snippet: continues -->` has `{ snippet: 'continues' }`. */
  marker: { kind: string; value: string } | undefined
}

const fence = /^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$/
const markerComment = /^\s*<!--\s*(\w+):\s*(.*?)\s*-->\s*$/

/** A marker comment, and where it stands. */
export interface Marker {
  line: number
  kind: string
  value: string
}

/** A page taken apart: its blocks, and markers that no block follows. */
export interface Page {
  blocks: CodeBlock[]
  strayMarkers: Marker[]
}

/** Takes a page apart. Only `file` and `snippet` comments count as markers; a marker belongs to the block that follows it, blank lines aside. */
export const parsePage = (file: string, text: string): Page => {
  const lines = text.split('\n')
  const page: Page = { blocks: [], strayMarkers: [] }
  let marker: Marker | undefined
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    const [, indent = '', ticks, info = ''] = fence.exec(line) ?? []
    if (!ticks) {
      if (marker && line.trim()) page.strayMarkers.push(marker)
      if (line.trim()) marker = toMarker(line, index + 1)
      continue
    }
    const end = lines.findIndex((other, at) => at > index && other.trim() === ticks)
    const inside = lines.slice(index + 1, end === -1 ? undefined : end)
    page.blocks.push({ file, line: index + 1, info, text: inside.map((each) => `${dedent(each, indent)}\n`).join(''), marker })
    marker = undefined
    if (end === -1) break
    index = end
  }
  if (marker) page.strayMarkers.push(marker)
  return page
}

const toMarker = (text: string, line: number): Marker | undefined => {
  const [, kind = '', value = ''] = markerComment.exec(text) ?? []
  return kind === 'file' || kind === 'snippet' ? { line, kind, value } : undefined
}

const dedent = (line: string, indent: string): string => (line.startsWith(indent) ? line.slice(indent.length) : line)
