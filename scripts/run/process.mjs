import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** @type {NodeJS.Signals[]} */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Whether the child got this signal already: a terminal sends Ctrl-C to every process in front of it, parent and child alike.
 * @param {NodeJS.Signals} signal
 */
const terminalSent = (signal) => signal === 'SIGINT' && Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY)

/**
 * Calls back once our parent is gone. npm runs us in a shell, and a shell that is told to end does so without telling us: whoever
 * ends `npm start` means the service. Started by hand we may well outlive our parent.
 * @param {() => void} callback
 */
const whenOrphaned = (callback) => {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (!process.env.npm_lifecycle_event || process.ppid === parent) return
    clearInterval(watch)
    callback()
  }, 100)
  return watch
}

/**
 * Runs a program to its end and resolves to its exit code (128 + n after signal n). Signals to us reach it once, however often they
 * come: npm repeats what the terminal has sent.
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<number>}
 */
export const runToEnd = (program, args, cwd, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: 'inherit', ...options })
    const seen = new Set()
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      if (!seen.has(signal) && !terminalSent(signal)) child.kill(signal)
      seen.add(signal)
    }
    for (const signal of forwarded) process.on(signal, forward)
    const watch = whenOrphaned(() => {
      if (seen.size === 0) forward('SIGTERM')
    })
    child.on('error', (error) => {
      process.stderr.write(`${program} did not start: ${error.message}\n`)
      resolve(127)
    })
    child.on('close', (code, signal) => {
      clearInterval(watch)
      for (const name of forwarded) process.off(name, forward)
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))
    })
  })
