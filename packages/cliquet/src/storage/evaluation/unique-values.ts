import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { JsonObject } from '../../primitives/json.ts'
import type { Item } from './item.ts'
import { uniqueText } from './unique-text.ts'

/** Who owns which value of the unique fields of a collection. */
export interface UniqueValues {
  readonly fields: readonly string[]
  /** The id of the record whose value of the field has that text (`uniqueText`). */
  owner(field: string, text: string): string | undefined
}

/** The same, to be kept up to date with the records. */
export interface UniqueIndex extends UniqueValues {
  add(item: Item): void
  take(item: Item): void
}

/** The first of the fields whose value another record owns, and that record's id. */
export function conflictOf(
  { fields, owner }: UniqueValues,
  id: string,
  values: JsonObject,
): { readonly field: string; readonly owner: string } | undefined {
  for (const field of fields) {
    const text = uniqueText(values, field)
    const other = text === undefined ? undefined : owner(field, text)
    if (other !== undefined && other !== id) return { field, owner: other }
  }
  return undefined
}

/**
 * Makes the index of these items.
 * @throws ConfigurationError naming a pair of items with the same value
 */
export function createUniqueIndex(uniqueFields: readonly string[], items: Iterable<Item>): UniqueIndex {
  const fields = [...uniqueFields]
  const owners = new Map(fields.map((field) => [field, new Map<string, string>()]))

  function* textsOf(item: Item): Generator<readonly [Map<string, string>, string]> {
    for (const [field, ids] of owners) {
      const text = uniqueText(item.fields(), field)
      if (text !== undefined) yield [ids, text]
    }
  }

  const index: UniqueIndex = {
    fields,
    owner: (field, text) => owners.get(field)?.get(text),
    add(item) {
      for (const [ids, text] of textsOf(item)) ids.set(text, item.id)
    },
    take(item) {
      for (const [ids, text] of textsOf(item)) ids.delete(text)
    },
  }
  for (const item of fields.length > 0 ? items : []) {
    const found = conflictOf(index, item.id, item.fields())
    if (found)
      throw new ConfigurationError(
        `the field ${found.field} can't be unique: the records ${found.owner} and ${item.id} have the same value`,
      )
    index.add(item)
  }
  return index
}
