import { invalid } from '../../errors/invalid-parameters.ts'

/** Whether a resource has that top-level field; always true when it keeps unknown fields (R7.7). `id` and the like need not be told. */
export type KnownField = (root: string) => boolean

const MAX_PARTS = 8

const fieldsOfAll: ReadonlySet<string> = new Set(['id', 'last_modified', 'deleted'])

/** The part of a dotted name before the first dot. */
export function rootOf(field: string): string {
  const dot = field.indexOf('.')
  return dot < 0 ? field : field.slice(0, dot)
}

/** Whether that possibly dotted name may be used in filters, sorting and `_fields` (R7.7). */
export function isKnown(field: string, knownField: KnownField): boolean {
  const root = rootOf(field)
  return fieldsOfAll.has(root) || knownField(root)
}

/** Dotted names have at most 8 parts: the cost of looking one up doubles with each. @throws InvalidParameters naming the parameter */
export function limitParts(parameter: string | null, field: string): void {
  if (field.split('.').length > MAX_PARTS) throw invalid('querystring', parameter, `Field '${field}' has too many parts`)
}
