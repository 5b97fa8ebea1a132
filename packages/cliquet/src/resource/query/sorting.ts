import { invalid } from '../../errors/invalid-parameters.ts'
import type { Sort } from '../../storage/query.ts'
import { isKnown, type KnownField, limitParts } from './field-name.ts'

const MAX_KEYS = 32

const sortPart = /^([-+]?)\s*([\p{L}\p{N}_.]+)$/u

/**
 * The sort keys of a `_sort` parameter (R8.1). The last one is always `last_modified`, descending unless the client says otherwise (R8.2); what comes after
 * it and repeated fields are left out, since they decide nothing.
 * @throws InvalidParameters for an unknown field, or more than 32 keys
 */
export function parseSorting(text: string | undefined, knownField: KnownField): readonly Sort[] {
  const keys = new Map<string, Sort>()
  for (const part of text?.split(',') ?? []) {
    const [, sign, field] = sortPart.exec(part.trim()) ?? []
    if (field === undefined) continue
    if (!isKnown(field, knownField)) throw invalid('querystring', null, `Unknown sort field '${field}'`)
    limitParts(null, field)
    if (!keys.has(field)) keys.set(field, { field, direction: sign === '-' ? 'descending' : 'ascending' })
  }
  if (keys.size > MAX_KEYS) throw invalid('querystring', null, `More than ${MAX_KEYS} sort fields`)
  if (!keys.has('last_modified')) keys.set('last_modified', { field: 'last_modified', direction: 'descending' })
  const sort = [...keys.values()]
  return sort.slice(0, sort.findIndex((key) => key.field === 'last_modified') + 1)
}
