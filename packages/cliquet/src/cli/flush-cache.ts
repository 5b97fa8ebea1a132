import { configOption, defineCommand } from './frame/command.ts'
import { print } from './frame/terminal.ts'
import { withBackends } from './service/open.ts'

/** `cliquet flush-cache` */
export const flushCache = defineCommand({
  name: 'flush-cache',
  summary: 'Empties the cache.',
  options: configOption,
  async run({ options, terminal }) {
    await withBackends(
      options,
      async ({ cache }) => {
        await cache.prepare()
        await cache.flush()
      },
      { mayCreate: true },
    )
    print(terminal, 'The cache is empty.')
  },
})
