/** What `read` makes of the command line; where that makes no sense, says how it is used and gives undefined. */
export function readCommandLine<T>(read: () => T | undefined, usage: string): T | undefined {
  let problem = ''
  try {
    const options = read()
    if (options !== undefined) return options
  } catch (error) {
    if (!(error instanceof TypeError)) throw error // what `parseArgs` throws
    problem = `${error.message}\n`
  }
  process.stderr.write(`${problem}${usage}`)
  process.exitCode = 2
  return undefined
}
