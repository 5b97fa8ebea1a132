import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import {
  type BackendName,
  type Fields,
  type OpenOptions,
  openService,
  type Received,
  reasonToSkip,
  type Send,
  type ServiceUnderTest,
} from '../../protocol/service-under-test.ts'

/** Where every scenario is played. */
export const backends = ['memory', 'sqlite', 'postgresql', 'redis'] as const satisfies readonly BackendName[]

/** One play of a scenario: a service that it shares with the other scenarios of its file, and a user of its own. */
export interface Play extends ServiceUnderTest {
  /** Sends as `user` unless told otherwise. */
  readonly request: Send
  /** Credentials that no other play has. */
  readonly user: string
  /** Credentials of somebody else, the same for the same name. */
  other(name: string): string
  /** A word that no other play has. */
  readonly word: string
  readonly backend: (typeof backends)[number]
}

/** Declares a scenario: one test on each backend. */
export type Scenario = (title: string, run: (play: Play) => Promise<void>) => void

/** Opens one service per backend, and gives what declares scenarios on them. */
export async function scenarios(options: Omit<OpenOptions, 'backend'>): Promise<Scenario> {
  const usable = backends.filter((backend) => reasonToSkip(backend) === false)
  const opened = await Promise.all(usable.map(async (backend) => ({ backend, ...(await openService({ ...options, backend })) })))
  let count = 0
  return (title, run) => {
    for (const backend of backends) {
      const skip = reasonToSkip(backend)
      if (skip !== false) test(`${title} (${backend})`, { skip })
    }
    for (const service of opened) {
      count += 1
      const number = count
      const word = `p${number}`
      const user = `user${number}:secret`
      const request: Send = (method, path, sent) => service.request(method, path, { auth: user, ...sent })
      test(`${title} (${service.backend})`, () => run({ ...service, request, user, word, other: (name) => `${name}${number}:secret` }))
    }
  }
}

/** The principal of those credentials, as the settings of the services under test make it. */
export const principalOf = (credentials: string): string => `basicauth:${createHmac('sha256', '').update(credentials).digest('hex')}`

/** A UUID with this number at its end. */
export const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

/** The values of a field in a list. */
export const values = ({ records }: Received, field: string): unknown[] => records.map((record) => record[field])

/** A detail of a 400. */
export interface Detail {
  readonly location: string
  readonly name: string | null
  readonly description: string
}

/** The details of a 400. */
export const detailsOf = ({ body }: Received): readonly Detail[] => body.details as readonly Detail[] // only asked of answers that have a list of them

/** The place of each fault of a 400, as `location name`. */
export const places = (answer: Received): string[] => detailsOf(answer).map(({ location, name }) => `${location} ${name}`)

/** The permissions in an answer, each sorted. */
export function permissionsOf({ body }: Received): Readonly<Record<string, readonly string[]>> {
  return body.permissions as Readonly<Record<string, readonly string[]>> // only asked of answers about one shared record
}

/** A record without what the server adds. */
export function ownFields({ id: _id, last_modified: _timestamp, ...fields }: Fields): Fields {
  return fields
}

/** The path of a URL that the server made, for another request. */
export function pathOf(url: string | undefined): string {
  const { pathname, search } = new URL(url ?? '', 'http://no.url.was.given')
  return `${pathname}${search}`
}

/** Follows `Next-Page` from a list's URL on. @returns every page */
export async function allPages(request: Send, path: string, method = 'GET'): Promise<Received[]> {
  const pages: Received[] = []
  for (let next: string | undefined = path; next !== undefined && pages.length < 1000; ) {
    const page: Received = await request(method, next)
    pages.push(page)
    next = page.headers['next-page'] === undefined ? undefined : pathOf(page.headers['next-page'])
  }
  return pages
}
