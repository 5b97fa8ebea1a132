import { availableParallelism, cpus } from 'node:os'

/** A Markdown table; columns after the first are numbers and stand to the right. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(titles), line(titles.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n')
}

/** What the numbers depend on besides the code; `database` says which engine and how. */
export function machineFacts(database: string): string {
  const processor = cpus()[0]?.model.trim() || 'processor'
  return `Node ${process.version.slice(1)}, ${database}, ${availableParallelism()} cores (${processor}), ${process.platform}`
}

/** A rate or a count, with thousands separated. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en')
