import { dump } from './dump.ts'
import { flushCache } from './flush-cache.ts'
import type { Command } from './frame/command.ts'
import { init } from './init.ts'
import { load } from './load.ts'
import { migrate } from './migrate.ts'
import { purgeDeleted } from './purge-deleted.ts'
import { settings } from './settings.ts'
import { start } from './start.ts'
import { version } from './version.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [init, start, settings, migrate, dump, load, purgeDeleted, flushCache, version]
