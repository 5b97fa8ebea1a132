/** The collection of bookmarks, on both servers. */
export const BOOKMARKS = '/v1/bookmarks'

/** The owner of the records that are read. */
export const READER = 'reader'

/** The owner of the records that are created while measuring, so that the lists keep their lengths. */
export const WRITER = 'writer'

/** A record as clients send it: about 300 bytes of JSON with `id` and `last_modified`. */
export interface Bookmark {
  readonly url: string
  readonly title: string
  readonly excerpt: string
  readonly tags: readonly string[]
  readonly unread: boolean
}

/** The bookmark of that number. */
export const makeBookmark = (number: number): Bookmark => ({
  url: `https://example.org/articles/${number}/a-path-of-usual-length`,
  title: `Article ${number} about something worth reading later`,
  excerpt: 'The first sentence of the article, which is as long as first sentences are.',
  tags: ['reading', 'later', `topic-${number % 50}`],
  unread: number % 2 === 0,
})
