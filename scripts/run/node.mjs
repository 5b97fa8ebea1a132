import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The oldest Node that runs our TypeScript as it is. */
export const NODE_NEEDED = '22.18'

/** @param {string} version e.g. `24.21.0` */
export const isRecent = (version) => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [neededMajor = 0, neededMinor = 0] = NODE_NEEDED.split('.').map(Number)
  return major > neededMajor || (major === neededMajor && minor >= neededMinor)
}

/** @param {string} executable @returns {boolean} whether it runs and is recent enough */
const runsRecent = (executable) => {
  if (!existsSync(executable)) return false
  const { stdout } = spawnSync(executable, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  return isRecent((stdout ?? '').trim())
}

/**
 * The Node to run on: the one npm installed, else the machine's own if it is recent enough, else nothing.
 * @param {string} root
 * @param {{ path: string, version: string }} own the Node that runs this script
 * @returns {string | undefined}
 */
export const findNode = (root, own = { path: process.execPath, version: process.versions.node }) => {
  const installed = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (own.path === installed && existsSync(installed) && isRecent(own.version)) return installed
  if (runsRecent(installed)) return installed
  return existsSync(own.path) && isRecent(own.version) ? own.path : undefined
}
