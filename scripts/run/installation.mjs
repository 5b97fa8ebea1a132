import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runToEnd } from './process.mjs'

/** @typedef {{ version?: string, resolved?: string, link?: boolean, optional?: boolean }} LockedPackage */

/** @param {string} file @returns {Record<string, LockedPackage> | undefined} */
const readLock = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/**
 * Whether `node_modules` holds every package of the lock file in its version. Two small files are compared by content (a checkout
 * changes the times of files at will); no network. Optional packages may be absent: they are for other platforms.
 * @param {string} root
 */
export const isInstalled = (root) => {
  const wanted = readLock(join(root, 'package-lock.json'))
  const present = readLock(join(root, 'node_modules', '.package-lock.json'))
  if (!wanted || !present) return false
  return Object.entries(wanted)
    .filter(([path]) => path.startsWith('node_modules/') || path.includes('/node_modules/'))
    .every(([path, { version, resolved, link, optional }]) => {
      const found = present[path]
      if (!found) return optional === true
      return link ? found.resolved === resolved : found.version === version
    })
}

/**
 * The environment for npm: without our own `node_modules/.bin` in front, so that npm never runs on a Node it is about to replace.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
export const outsideEnvironment = (root, env) => {
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  const folders = (env[key] ?? '').split(delimiter).filter((folder) => !folder.startsWith(join(root, 'node_modules')))
  return { ...env, [key]: folders.join(delimiter) }
}

/**
 * Installs exactly what the lock file names. Resolves to npm's exit code.
 * @param {string} root
 */
export const install = (root) =>
  runToEnd('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], root, {
    env: outsideEnvironment(root, process.env),
    shell: process.platform === 'win32',
    // npm's "added 63 packages" is no news for who asked for something else; errors are.
    stdio: ['ignore', 'ignore', 'inherit'],
  })
