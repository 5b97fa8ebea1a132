import { createReadStream, fstatSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { configOption, defineCommand } from './frame/command.ts'
import { print, type Terminal } from './frame/terminal.ts'
import { withBackends } from './service/open.ts'
import { readLines } from './transfer/lines.ts'
import { createLoader } from './transfer/loading.ts'
import { createProgress } from './transfer/progress.ts'

/** `cliquet load` */
export const load = defineCommand({
  name: 'load',
  summary: 'Takes in what `cliquet dump` has written, from a file or the standard input.',
  operands: ['[FILE]'],
  options: configOption,
  details: [
    'Ids, timestamps, deletions and permissions are kept. Records of the same ids are replaced, all else stays; loading the same again changes ' +
      'nothing. Fields are checked for being unique where the service has been started once with that backend, and else at its next start.',
    'Items are committed in groups. When something is wrong, what was committed stays, and the message tells how much that is.',
  ],
  async run({ options, operands, terminal }) {
    const { stream, size } = await openSource(operands[0], terminal)
    const progress = createProgress(terminal.stderr, 'loaded')
    try {
      const loaded = await withBackends(
        options,
        async (backends) => {
          await Promise.all([backends.storage.prepare([]), backends.permission.prepare()])
          let read = 0
          const chunks = counted(stream, (bytes) => (read += bytes))
          const loader = createLoader(backends, (items) => progress.show(items, size === undefined ? undefined : Math.min(1, read / size)))
          await loader.load(readLines(chunks))
          return loader.loaded
        },
        { mayCreate: true },
      )
      progress.end()
      print(terminal, loaded === 1 ? '1 item was loaded.' : `${loaded} items were loaded.`)
    } finally {
      progress.end()
      stream.destroy()
    }
  },
})

interface Source {
  readonly stream: Readable
  /** In bytes, if that is known. */
  readonly size: number | undefined
}

async function openSource(file: string | undefined, { stdin }: Terminal): Promise<Source> {
  if (file !== undefined) return { size: (await stat(file)).size, stream: createReadStream(file) }
  const { fd } = stdin
  const facts = fd === undefined ? undefined : fstatSync(fd)
  return { stream: stdin, size: facts?.isFile() === true ? facts.size : undefined }
}

async function* counted(stream: Readable, count: (bytes: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    count(bytes.length)
    yield bytes
  }
}
