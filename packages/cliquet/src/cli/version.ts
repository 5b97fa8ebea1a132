import { findPackageJSON } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defineCommand } from './frame/command.ts'
import { print } from './frame/terminal.ts'
import { readPackage } from './service/identity.ts'

/** Packages that users install beside ours. */
const companions = ['pg', 'ioredis', 'memjs', 'smol-toml', 'yaml']

/** `cliquet version` */
export const version = defineCommand({
  name: 'version',
  summary: 'Tells the versions of Cliquet, Node and the drivers.',
  options: {},
  async run({ terminal }) {
    const own = readPackage(fileURLToPath(new URL('../../package.json', import.meta.url)))
    const rows = [
      ['cliquet', String(own.version)],
      ['node', process.versions.node],
      ['sqlite', process.versions.sqlite ?? 'none'],
      ...companions.map((name) => [name, versionOf(name) ?? 'not installed']),
    ]
    for (const [name = '', shown = ''] of rows) print(terminal, `${name.padEnd(10)} ${shown}`)
  },
})

function versionOf(name: string): string | undefined {
  try {
    const file = findPackageJSON(name, import.meta.url)
    return file === undefined ? undefined : String(readPackage(file).version)
  } catch {
    return undefined
  }
}
