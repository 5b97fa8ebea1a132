/**
 * The URL of a client to which a user may be sent back with a token, if the allow list has it: as a whole, or its origin (`https://app.example`)
 * for everything there. The answer is in normal form: what is put behind it can't become part of the host.
 */
export function allowedCallback(callback: string, allowed: readonly string[]): string | undefined {
  const url = parseCallback(callback)
  return url !== undefined && allowed.some((entry) => entry === url.origin || parseCallback(entry)?.href === url.href)
    ? url.href
    : undefined
}

/** Whether an entry can stand in an allow list. */
export const isCallbackRule = (entry: string): boolean => parseCallback(entry) !== undefined

/** An http or https URL without user; browsers drop or turn around some characters, which are refused. */
function parseCallback(text: string): URL | undefined {
  const url = /[\s\p{Cc}\\]/u.test(text) ? null : URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined
  return url
}
