import { pipeline } from 'node:stream/promises'
import type { Backends } from '../service/backends.ts'
import { configOption, defineCommand } from './frame/command.ts'
import { withBackends } from './service/open.ts'
import type { DumpItem } from './transfer/items.ts'
import { createProgress, type Progress, silent } from './transfer/progress.ts'
import { endLine, headerLine, inChunks, itemLine } from './transfer/writing.ts'

/** `cliquet dump` */
export const dump = defineCommand({
  name: 'dump',
  summary: 'Writes everything that is kept to the standard output: records, deletions, timestamps, permissions.',
  options: configOption,
  details: [
    'One line of JSON each, for `cliquet load`, which may use another backend: cliquet dump --config a.ini | cliquet load --config b.ini',
    'The service may go on: what is in a collection is of one moment, but records and permissions may be of different ones. The cache is not ' +
      'part of it, and neither are the secret of Basic Auth and other settings.',
  ],
  async run({ options, terminal }) {
    const progress = terminal.stdout.isTTY === true ? silent : createProgress(terminal.stderr, 'dumped')
    try {
      await withBackends(options, async (backends, { projectName }) => {
        await Promise.all([backends.storage.prepare([]), backends.permission.prepare()])
        await pipeline(inChunks(dumpLines(projectName, backends, progress)), terminal.stdout, { end: false })
      })
    } finally {
      progress.end()
    }
  },
})

async function* dumpLines(service: string, backends: Backends, progress: Progress): AsyncGenerator<string, void, undefined> {
  let items = 0
  yield headerLine(service)
  for await (const item of everythingIn(backends)) {
    items += 1
    if (items % 1000 === 0) progress.show(items)
    yield itemLine(item)
  }
  yield endLine(items)
}

async function* everythingIn({ storage, permission }: Backends): AsyncGenerator<DumpItem, void, undefined> {
  yield* storage.dump()
  yield* permission.dump()
}
