import { invalid } from '../../errors/invalid-parameters.ts'
import { isJsonObject, type Json } from '../../primitives/json.ts'
import type { Sort, SortValue } from '../../storage/query.ts'
import { parseJson, unsoundness } from './coercion.ts'

/** Where a page begins. */
export interface PagePosition {
  /** The values of the last item before it, one for each sort key; undefined where the field is absent. */
  readonly values: readonly SortValue[]
  /** How many items came before. */
  readonly offset: number
  /** Makes the token unique: a DELETE uses one only once (R8.10). */
  readonly nonce: string
  /** The collection's timestamp when the first page was read (R8.12); undefined in a token of another make. */
  readonly timestamp?: number | undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The token of the page after these values: base64 of JSON (R8.7). Not yet escaped for a URL. */
export function encodeToken({ sort, values, offset, nonce, timestamp }: PagePosition & { readonly sort: readonly Sort[] }): string {
  const present: [string, Json][] = []
  for (const [index, { field }] of sort.entries()) {
    const value = values[index]
    if (value !== undefined) present.push([field, value])
  }
  const content = { last_object: Object.fromEntries(present), offset, nonce, timestamp }
  return Buffer.from(JSON.stringify(content)).toString('base64')
}

/**
 * Reads a token, in standard or URL-safe base64. A sort key that it doesn't have counts as absent, so that a token of another `_sort` is no error.
 * @throws InvalidParameters (R8.9)
 */
export function decodeToken(text: string, sort: readonly Sort[]): PagePosition {
  const content = decodeContent(text)
  if (content === undefined || !isJsonObject(content) || unsoundness(content) !== undefined) throw invalidToken()
  const { last_object: last, offset, nonce, timestamp } = content
  if (last === undefined || !isJsonObject(last) || !isCount(offset) || typeof nonce !== 'string') throw invalidToken()
  if (timestamp !== undefined && !isCount(timestamp)) throw invalidToken()
  const values = sort.map(({ field }) => (Object.hasOwn(last, field) ? last[field] : undefined))
  return { values, offset, nonce, timestamp }
}

function decodeContent(text: string): Json | undefined {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) return undefined
  try {
    return parseJson(utf8.decode(Buffer.from(text, 'base64')))
  } catch {
    return undefined
  }
}

const isCount = (value: Json | undefined): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

const invalidToken = () => invalid('querystring', null, '_token has invalid content')
