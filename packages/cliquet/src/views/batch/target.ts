import { splitTarget, withoutFinalSlashes } from '../../http/urls.ts'

/**
 * The request target of a path in a batch (R11.6): below the version prefix unless it names a version itself, escaped where it is raw Unicode,
 * without `.` and `..`, which would let it mean another path than it shows.
 */
export function targetOf(path: string, apiPrefix: string): string {
  const segment = path.split(/[/?]/, 2)[1] ?? ''
  const full = /^v\d+$/.test(segment) ? path : `/${apiPrefix}${path}`
  const escaped = full.replace(/[^\x21-\x7e]+/g, encodeURIComponent)
  const { pathname, search } = new URL(`http://batch${escaped}`)
  return `${pathname}${search}`
}

/** The path of a target as answers show it: decoded, without query (R11.10). What can't be decoded is shown as it is. */
export function shownPath(target: string): string {
  const path = target.split('?', 1)[0] ?? ''
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Whether a target leads to the batch endpoint itself, also by a redirection (R11.5). */
export function isRecursive(target: string, apiPrefix: string): boolean {
  const path = withoutFinalSlashes(shownPath(target))
  return path === `/${apiPrefix}/batch` || path === '/batch'
}

/**
 * The target that a redirection of the service itself leads to: below the version prefix (R1.4) or to the URL with another slash at its end
 * (R1.11). Undefined for other redirections, such as those of a service's own views: they are the client's to follow.
 */
export function redirectedTarget(target: string, location: string, apiPrefix: string): string | undefined {
  const { path, query } = splitTarget(target)
  const next = location.replace(/^https?:\/\/[^/]*/, '')
  return [`/${apiPrefix}${path}`, withoutFinalSlashes(path), `${path}/`].map((known) => `${known}${query}`).find((known) => known === next)
}
