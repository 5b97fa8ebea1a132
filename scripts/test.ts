/**
 * `npm test`: starts the servers that the tests need and the environment does not name, runs Node with the arguments given (a test run), and
 * ends the servers. The exit code is that of the test run.
 */
import { runToEnd } from './run/process.mjs'
import { startTestServers } from './servers/test-servers.ts'

const servers = await startTestServers(process.env)
const isDemanded = process.env.CI === 'true'
for (const line of servers.missing) process.stderr.write(`${line}${isDemanded ? '' : ' Its tests are skipped.'}\n`)

let code = 1
if (!isDemanded || servers.missing.length === 0) {
  const env = { ...process.env, ...servers.environment }
  code = await runToEnd(process.execPath, process.argv.slice(2), process.cwd(), { env })
}
await servers.stop()
process.exit(code)
