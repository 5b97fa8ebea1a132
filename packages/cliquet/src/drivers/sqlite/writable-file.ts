import { statSync } from 'node:fs'
import { BackendError } from '../../errors/backend-error.ts'
import { openWriter, type SqliteConnection } from './connection.ts'
import type { Synchronous } from './location.ts'

/** The open file, and which one it is: a path may come to name another file. */
interface OpenFile {
  readonly connection: SqliteConnection
  readonly identity: string | undefined
}

/** A file with a connection that writes: opened when first used, and anew after it was closed, as after a failure of the file. */
export class WritableFile {
  readonly #path: string
  readonly #synchronous: Synchronous
  #file: OpenFile | undefined

  constructor({ path, synchronous }: { readonly path: string; readonly synchronous: Synchronous }) {
    this.#path = path
    this.#synchronous = synchronous
  }

  /** @throws BackendError when the file is missing and may not be created */
  connection(mayCreate: boolean): SqliteConnection {
    this.#file ??= this.#open(mayCreate)
    return this.#file.connection
  }

  /** Closes a file that the path no longer names: what was written to it would be lost. @returns whether it did */
  dropStale(): boolean {
    if (this.#file === undefined || this.#file.identity === identityOf(this.#path)) return false
    this.close()
    return true
  }

  close(): void {
    this.#file?.connection.close()
    this.#file = undefined
  }

  #open(mayCreate: boolean): OpenFile {
    if (!mayCreate && identityOf(this.#path) === undefined) throw new BackendError('the file has vanished')
    return { connection: openWriter(this.#path, this.#synchronous), identity: identityOf(this.#path) }
  }
}

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`
}
