import type { Purge } from '../storage/contract.ts'
import { configOption, defineCommand } from './frame/command.ts'
import { UsageError } from './frame/failure.ts'
import { print } from './frame/terminal.ts'
import { withBackends } from './service/open.ts'

/** `cliquet purge-deleted` */
export const purgeDeleted = defineCommand({
  name: 'purge-deleted',
  summary: 'Forgets deletions: removes the tombstones of deleted records.',
  options: {
    before: { type: 'string', value: 'WHEN', summary: 'Only what was deleted before: a date (2030-12-31), ms, or an age (30d, 12h).' },
    keep: { type: 'string', value: 'N', summary: 'All but the newest N of each collection.' },
    all: { type: 'boolean', summary: 'All of them.' },
    parent: { type: 'string', value: 'ID', summary: 'Only those of that parent: a user id, or what `parentId` of the resource gives.' },
    resource: { type: 'string', value: 'NAME', summary: 'Only those of that resource.' },
    ...configOption,
  },
  details: [
    'A client that has not synchronised since then will not learn of these deletions: it keeps what others have deleted.',
    '--all with --parent also forgets the timestamps of the collections of that parent that have no record.',
  ],
  async run({ options, terminal }) {
    const { before, keep, all, parent, resource } = options
    if (all === true ? before !== undefined || keep !== undefined : before === undefined && keep === undefined) {
      throw new UsageError('say which: --before WHEN, --keep N, or --all')
    }
    const purge: Purge = {
      before: before === undefined ? undefined : parseMoment(before, Date.now()),
      keep: keep === undefined ? undefined : parseCount(keep),
      parentId: parent,
      resource,
    }
    const purged = await withBackends(options, async ({ storage }) => {
      await storage.prepare([])
      return await storage.purge(purge)
    })
    print(terminal, purged === 1 ? '1 tombstone was removed.' : `${purged} tombstones were removed.`)
  },
})

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 }

/** A time in ms, from ms, a date or time (ISO 8601, UTC where it names no zone), or an age. @throws UsageError */
function parseMoment(text: string, now: number): number {
  const [, amount, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  if (amount !== undefined && unit !== undefined) return now - Number(amount) * (units[unit] ?? 0)
  if (/^\d{9,16}$/.test(text)) return Number(text)
  const zoned = /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`
  const time = /^\d{4}-\d\d-\d\d(?:T|$)/.test(text) ? Date.parse(zoned) : Number.NaN
  if (Number.isNaN(time))
    throw new UsageError(`--before ${text} is no time: expected 2030-12-31, 2030-12-31T12:00:00Z, ms, or an age such as 30d`)
  return time
}

function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--keep ${text} is no whole number`)
  return Number(text)
}
