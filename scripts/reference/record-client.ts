import { CommandError } from './command.ts'
import type { Sight, State } from './ledger.ts'

/** The answer to a write. */
export interface Written {
  readonly status: number
  readonly id: string
  readonly stamp: number
  /** Whether it says when to come back (R3.19). */
  readonly isRetriable: boolean
}

/** One user of the resource `record`, whose records nobody else sees. */
export interface RecordClient {
  /** Resolves for every answer. @throws what `fetch` throws where there is none */
  write(method: 'POST' | 'PUT' | 'DELETE', id: string | undefined, value: string | null): Promise<Written>
  /** Everything that the service shows: all pages, tombstones included. */
  look(): Promise<Sight>
}

interface Item {
  readonly id: string
  readonly last_modified: number
  readonly title?: string
  readonly deleted?: true
}

/** Makes the client of a user of the service at `origin`. */
export function createRecordClient(origin: string, user: string): RecordClient {
  const url = `${origin}/v1/records`
  const headers = { authorization: `Basic ${Buffer.from(`${user}:crash`).toString('base64')}`, 'content-type': 'application/json' }

  async function page(address: string): Promise<{ readonly items: readonly Item[]; readonly next: string | null }> {
    const response = await fetch(address, { headers })
    const { data } = (await response.json()) as { data?: readonly Item[] } // R5.5 for a list, R3.1 for an error
    if (data === undefined) throw new CommandError(`GET ${address} answers ${response.status}`)
    return { items: data, next: response.headers.get('next-page') }
  }

  return {
    async write(method, id, value) {
      const response = await fetch(id === undefined ? url : `${url}/${id}`, {
        method,
        headers,
        ...(value === null ? {} : { body: JSON.stringify({ data: { title: value } }) }),
      })
      const { data } = (await response.json()) as { data?: Item } // as above, for a record
      const isRetriable = /^\d+$/.test(response.headers.get('retry-after') ?? '')
      return { status: response.status, id: data?.id ?? '', stamp: data?.last_modified ?? 0, isRetriable }
    },
    async look() {
      const states = new Map<string, State>()
      for (let next: string | null = `${url}?_since=0&_sort=last_modified`; next !== null; ) {
        const { items, next: following }: Awaited<ReturnType<typeof page>> = await page(next)
        for (const item of items) states.set(item.id, { stamp: item.last_modified, value: item.deleted ? null : (item.title ?? '') })
        next = following
      }
      const head = await fetch(url, { method: 'HEAD', headers })
      const timestamp = Number(head.headers.get('etag')?.replaceAll('"', ''))
      return { timestamp, total: Number(head.headers.get('total-records')), states }
    },
  }
}
