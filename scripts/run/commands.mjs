import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the tests of the workspace are, as patterns that `node --test` understands. */
export const testPatterns = ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'scripts/**/*.test.ts']

/** What starts the servers that tests need, then what it hands on to Node. The tree that is tested need not be this one. */
const testOptions = [fileURLToPath(new URL('../test.ts', import.meta.url)), '--test', '--test-reporter=spec', '--test-timeout=120000']

/**
 * Arguments for a test run. Files among `args` replace the patterns; options (`--test-name-pattern=…`) are kept in front.
 * @param {string[]} args
 */
const test = (args) => {
  const files = args.filter((arg) => !arg.startsWith('-') && (arg.endsWith('.test.ts') || existsSync(arg)))
  const options = args.filter((arg) => !files.includes(arg))
  return [...testOptions, ...options, ...(files.length > 0 ? files : testPatterns)]
}

/** @param {string} file @returns {(args: string[]) => string[]} */
const script = (file) => (args) => [file, ...args]

/**
 * Formats the given paths, or everything.
 * @param {string[]} args
 */
const format = (args) => ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', ...(args.length > 0 ? args : ['.'])]

/**
 * Every command of the workspace: what Node is given for it, made from the command's own arguments.
 * @type {Record<string, ((args: string[]) => string[]) | undefined>}
 */
export const commands = {
  start: script('examples/bookmarks/server.ts'),
  test,
  check: script('scripts/check.ts'),
  format,
  golden: script('scripts/golden.ts'),
  checks: script('scripts/checks.ts'),
  crash: script('scripts/crash.ts'),
  restarts: script('scripts/restarts.ts'),
  bench: script('bench/bench.ts'),
  'bench:batch': script('bench/batch.ts'),
  'bench:operations': script('bench/observation.ts'),
  'bench:overload': script('bench/overload.ts'),
  'bench:scale': script('bench/scale.ts'),
  'bench:transfer': script('bench/transfer.ts'),
}
