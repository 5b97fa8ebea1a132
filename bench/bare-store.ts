import type { Bookmark } from './bookmark.ts'

/** A bookmark as it is answered. */
export interface BareRecord extends Bookmark {
  readonly id: string
  readonly last_modified: number
}

/** Which part of a list: newer than one timestamp, older than another, so many. */
export interface Part {
  readonly since: number
  readonly before: number
  readonly limit: number
}

/** What the bare server does with its database; what a database answers at once is no promise. */
export interface BareStore {
  get(parentId: string, id: string): Awaitable<BareRecord | undefined>
  /** Of the collection; undefined before the first record. */
  timestamp(parentId: string): Awaitable<number | undefined>
  /** Newest first. */
  page(parentId: string, part: Part): Awaitable<BareRecord[]>
  create(parentId: string, bookmark: Bookmark): Awaitable<BareRecord>
  close(): Awaitable<void>
}

type Awaitable<T> = T | Promise<T>
