#!/usr/bin/env node
import { commands } from './commands.ts'
import { runCommandLine } from './frame/run.ts'

// Whoever reads our output may go away: then writing fails, and the command ends.
process.stdout.on('error', () => {})
process.exitCode = await runCommandLine(process.argv.slice(2), commands, process)
