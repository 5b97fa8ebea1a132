#!/usr/bin/env node
// The one door to every command of this workspace: `node scripts/run.mjs NAME [args…]`.
// Plain JavaScript for any Node from 18 on: it installs what is missing, then hands over to the Node the project runs on.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commands } from './run/commands.mjs'
import { install, isInstalled } from './run/installation.mjs'
import { findNode, NODE_NEEDED } from './run/node.mjs'
import { runToEnd } from './run/process.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]

/** @param {string} line @returns {never} */
const stop = (line) => {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}

if (!command) stop(`No command "${name}". There are: ${Object.keys(commands).join(', ')}.`)
if (!isInstalled(root)) {
  process.stderr.write('Installing dependencies (once)…\n')
  const code = await install(root)
  if (code !== 0) stop(`npm ci failed with code ${code}; the lines above say why.`)
}
const node = findNode(root)
if (!node)
  stop(
    `Node ${NODE_NEEDED} or newer is needed, and npm did not put one here: run \`npm rebuild node --ignore-scripts=false\`, or use a newer Node.`,
  )
process.exit(await runToEnd(node, command(args), root))
