import type { Fault } from '../fault.ts'
import type { Import } from './imports.ts'

/** Import cycles: one fault per group of files that reach each other, at the import that closes a shortest round. */
export const findCycles = (imports: Import[]): Fault[] => {
  const outgoing = Map.groupBy(imports, ({ from }) => from)
  const settled = new Set<string>()
  const faults: Fault[] = []
  for (const start of [...outgoing.keys()].sort()) {
    if (settled.has(start)) continue
    const round = shortestRound(start, outgoing)
    if (!round) continue
    for (const { from } of round) settled.add(from)
    const [first] = round
    if (first)
      faults.push({ file: first.from, line: first.line, message: `import cycle: ${round.map(({ from }) => from).join(' → ')} → ${start}` })
  }
  return faults
}

/** The shortest way along imports from `start` back to it, breadth first. */
const shortestRound = (start: string, outgoing: Map<string, Import[]>): Import[] | undefined => {
  const ways: Import[][] = [[]]
  const visited = new Set<string>()
  for (const way of ways) {
    for (const step of outgoing.get(way.at(-1)?.to ?? start) ?? []) {
      if (step.to === start) return [...way, step]
      if (visited.has(step.to)) continue
      visited.add(step.to)
      ways.push([...way, step])
    }
  }
  return undefined
}
