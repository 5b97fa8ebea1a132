/** The longest part of a name that a path makes: file systems take names of 255 bytes. */
const LONGEST_PATH = 120

/** What the name of a profile of one request tells. */
export interface ProfiledRequest {
  readonly method: string
  readonly path: string
  /** ms */
  readonly duration: number
  /** ms since 1970 */
  readonly startedAt: number
  /** How many other requests are in the profile. */
  readonly others: number
}

/** `GET.v1.bookmarks.000012ms.1795473199547`, as in the original, where the time is in s; `.3-others` behind it if there were some. */
export function requestName({ method, path, duration, startedAt, others }: ProfiledRequest): string {
  const words = path.split('/').filter((word) => word !== '')
  const shown = words
    .join('.')
    .replace(/[^\w.-]+/g, '_')
    .slice(0, LONGEST_PATH)
  const name = `${method}.${shown || 'root'}.${String(Math.round(duration)).padStart(6, '0')}ms.${startedAt}`
  return others === 0 ? name : `${name}.${others}-others`
}

/** What the name of a profile of a while tells, in ms. */
export interface ProfiledInterval {
  readonly duration: number
  readonly startedAt: number
  /** How many requests ended in it. */
  readonly requests: number
}

/** `all.060000ms.1795473199547.512-requests` */
export const intervalName = ({ duration, startedAt, requests }: ProfiledInterval): string =>
  `all.${String(duration).padStart(6, '0')}ms.${startedAt}.${requests}-requests`
