import { setTimeout as sleep } from 'node:timers/promises'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { BackendError } from '../../errors/backend-error.ts'
import type { SqliteConnection } from './connection.ts'
import { busyPause, isBusy, isFatal } from './failure.ts'
import { commitTogether, failed } from './group-commit.ts'
import type { Answer, Call, Request, Response, WriterOptions } from './messages.ts'
import { loadOperations, type Operations } from './operations.ts'
import { WritableFile } from './writable-file.ts'

/** The writer thread: has the connection for all writes that are no part of a longer transaction. Gets one request at a time. */
class Writer {
  readonly #timeout: number
  readonly #modules = new Map<string, Operations>()
  readonly #file: WritableFile

  constructor(options: WriterOptions) {
    this.#timeout = options.timeout
    this.#file = new WritableFile(options)
  }

  async answer(calls: readonly Call[], mayCreate: boolean): Promise<Response> {
    const stale = this.#file.dropStale()
    try {
      for (const { module } of calls) if (!this.#modules.has(module)) this.#modules.set(module, await loadOperations(module))
      const group = calls.map((call) => this.#prepare(call))
      return { answers: await this.#commit(group, mayCreate), stale }
    } catch (error) {
      if (isFatal(error)) this.close()
      return { answers: calls.map(() => failed(error)), stale }
    }
  }

  close(): void {
    this.#file.close()
  }

  #prepare(call: Call): (connection: SqliteConnection) => unknown {
    return (connection) => {
      const operation = this.#modules.get(call.module)?.[call.operation]
      if (operation === undefined) throw new BackendError(`${call.module} has no operation ${call.operation}`)
      return operation(connection, call.input as never) // the sender's types agree with the module's: `SqliteDatabase.writer`
    }
  }

  async #commit(group: readonly ((connection: SqliteConnection) => unknown)[], mayCreate: boolean): Promise<Answer[]> {
    const deadline = performance.now() + this.#timeout
    for (;;) {
      try {
        const connection = this.#file.connection(mayCreate)
        return commitTogether(
          connection,
          group.map((work) => () => work(connection)),
        )
      } catch (error) {
        if (!isBusy(error)) throw error
        if (performance.now() >= deadline) {
          throw new BackendError(`locked by others for more than ${this.#timeout} ms`, { cause: error })
        }
      }
      await sleep(busyPause())
    }
  }
}

function serve(port: MessagePort, writer: Writer): void {
  port.on('message', (request: Request) => {
    if (request.kind === 'close') {
      writer.close()
      port.close()
    } else {
      void writer.answer(request.calls, request.mayCreate).then((response) => port.postMessage(response))
    }
  })
}

if (parentPort !== null) {
  serve(parentPort, new Writer(workerData as WriterOptions)) // what `WriteQueue` starts this thread with
}
