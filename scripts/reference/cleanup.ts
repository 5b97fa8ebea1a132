import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Takes back what a command has started or made. */
export type Undo = () => void | Promise<void>

/** The command is being ended, so nothing more is to be begun. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
}

/** What is to be undone at the end of a command, however it ends. */
export interface Cleanup {
  /**
   * Puts something in. The answer undoes it at once instead; calling it again does nothing.
   * @throws Interruption after `run()`, and then it is being undone already
   */
  add(undo: Undo): () => Promise<void>
  /** Undoes everything, the latest first. One that fails does not keep the others from being undone. */
  run(): Promise<void>
  /** Whether `run()` was called. */
  isRunning(): boolean
  /** To be called after a wait whose outcome means nothing if the command is being ended. @throws Interruption then */
  checkpoint(): void
}

/** Makes an empty cleanup. */
export function createCleanup(): Cleanup {
  const pending: (() => Promise<void>)[] = []
  let running: Promise<void> | undefined

  const undoAll = async (): Promise<void> => {
    for (let undo = pending.pop(); undo !== undefined; undo = pending.pop()) {
      await undo().catch((error: unknown) => process.stderr.write(`cleaning up: ${String(error)}\n`))
    }
  }
  return {
    add(undo) {
      let undone: Promise<void> | undefined
      const once = (): Promise<void> => (undone ??= (async () => undo())())
      if (running !== undefined) {
        void once()
        throw new Interruption('the command is being ended')
      }
      pending.push(once)
      return once
    },
    run: () => (running ??= undoAll()),
    isRunning: () => running !== undefined,
    checkpoint() {
      if (running !== undefined) throw new Interruption('the command is being ended')
    },
  }
}

/** A new folder for temporary files, and what removes it. */
export function temporaryFolder(cleanup: Cleanup, name: string): { readonly folder: string; readonly remove: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), `cliquet-${name}-`))
  return { folder, remove: cleanup.add(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })) }
}
