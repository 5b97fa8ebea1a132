/**
 * `npm run check [-- NAME… | --report]`: every gate of the repository, or the named ones. One line per gate; a failed gate prints its
 * places, and the command exits with 1.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { commands } from './run/commands.mjs'
import { printReport } from './structure/report.ts'

interface Gate {
  name: string
  /** What Node is given. */
  command: string[]
  /** The line of the output that tells how much was looked at. */
  summary: RegExp
  /** Where in the output the faults begin, if there is much before them. */
  faults?: RegExp
}

/** Found beside this file: the working directory is the tree to look at, not always the one this file is in. */
const ownScript = (path: string): string => join(import.meta.dirname, path)

const staticGates: Gate[] = [
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '--pretty', 'false'], summary: /^$/m },
  {
    name: 'lint',
    command: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--max-diagnostics=100', '.'],
    summary: /^Checked \d+ files/m,
  },
  { name: 'structure', command: [ownScript('structure/main.ts')], summary: /^\d+ files, .*$/m },
  { name: 'docs', command: [ownScript('docs/main.ts')], summary: /^\d+ snippets, .*$/m },
]
const tests: Gate = { name: 'tests', command: commands.test?.([]) ?? [], summary: /(?<=^ℹ )pass \d+$/m, faults: /^✖ failing tests:/m }

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** Runs one gate and prints its line, and its output if it failed. Resolves to whether it passed. */
const runGate = ({ name, command, summary, faults }: Gate): Promise<boolean> =>
  new Promise((resolve) => {
    const started = performance.now()
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.on('close', (code) => {
      const passed = code === 0
      console.log(`${passed ? '✔' : '✖'} ${name.padEnd(10)} ${seconds(started).padStart(7)}  ${summary.exec(output)?.[0] ?? ''}`.trimEnd())
      const start = faults ? Math.max(0, output.search(faults)) : 0
      if (!passed) console.log(output.slice(start).trimEnd().replace(/^/gm, '  '))
      resolve(passed)
    })
  })

const main = async (args: string[]): Promise<void> => {
  if (args.includes('--report')) return printReport(process.cwd())
  const known = [...staticGates, tests]
  const stranger = args.find((name) => !known.some((gate) => gate.name === name))
  if (stranger) {
    console.error(`No gate "${stranger}". There are: ${known.map(({ name }) => name).join(', ')}.`)
    process.exitCode = 2
    return
  }
  const isWanted = ({ name }: Gate) => args.length === 0 || args.includes(name)
  const outcomes = await Promise.all(staticGates.filter(isWanted).map(runGate))
  // Tests have the machine to themselves: some of them measure time.
  if (isWanted(tests)) outcomes.push(await runGate(tests))
  if (outcomes.includes(false)) process.exitCode = 1
}

await main(process.argv.slice(2))
