/** Longest token that is looked at. Node reads headers of up to 16 KB. */
export const MAX_TOKEN_LENGTH = 8192

/** The `token68` of RFC 9110, as RFC 6750 has it. */
const token68 = /^[A-Za-z0-9._~+/-]+=*$/

/** The token in an `Authorization` header of that scheme, which has no case; undefined for anything else, and for tokens that are too long. */
export function readToken(authorization: string | undefined, scheme: string): string | undefined {
  if (authorization === undefined || authorization.length > MAX_TOKEN_LENGTH + scheme.length + 1) return undefined
  if (authorization[scheme.length] !== ' ' || authorization.slice(0, scheme.length).toLowerCase() !== scheme.toLowerCase()) return undefined
  const token = authorization.slice(scheme.length + 1).trim()
  return token68.test(token) ? token : undefined
}
