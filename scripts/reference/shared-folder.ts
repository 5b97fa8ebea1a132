import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { CommandError } from './command.ts'

/** The root of the repository. */
export const repositoryRoot = dirname(dirname(import.meta.dirname))

/** Where the golden suites, their player and the checks lie: beside the repository, or where CLIQUET_SHARED says. */
export const sharedFolder = (): string => resolve(process.env.CLIQUET_SHARED || join(repositoryRoot, '..', 'shared'))

/** The absolute path of something in the shared folder. @throws CommandError that says what is missing */
export function sharedPath(...parts: string[]): string {
  const path = join(sharedFolder(), ...parts)
  if (existsSync(path)) return path
  throw new CommandError(`${path} is missing; put the shared folder beside the repository, or say in CLIQUET_SHARED where it is`)
}

/** A path that was given on the command line. npm changes the working folder to the root and says in INIT_CWD where it was called. */
export const callerPath = (path: string): string => resolve(process.env.INIT_CWD || process.cwd(), path)

/**
 * The shared folder, for a test that needs it. Where there is none (a user's clone) the test is skipped and says so; with `CI=true` it fails.
 * A test that gets undefined returns.
 */
export function needsShared(t: Pick<TestContext, 'skip'>): string | undefined {
  const folder = sharedFolder()
  if (existsSync(folder)) return folder
  assert.notEqual(process.env.CI, 'true', 'with CI=true the shared folder must lie beside the repository')
  t.skip('the shared folder does not lie beside the repository')
  return undefined
}
