import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { JsonObject } from '../../primitives/json.ts'
import type { Item } from '../evaluation/item.ts'
import { uniqueText } from '../evaluation/unique-text.ts'

/** Who owns which value of the unique fields of a collection. */
export interface UniqueValues {
  /** The first of the fields whose value another record owns, and that record's id. */
  conflict(id: string, fields: JsonObject): { readonly field: string; readonly owner: string } | undefined
  add(item: Item): void
  take(item: Item): void
}

/**
 * Makes the index of these items.
 * @throws ConfigurationError naming a pair of items with the same value
 */
export function createUniqueValues(uniqueFields: readonly string[], items: Iterable<Item>): UniqueValues {
  const owners = uniqueFields.map((field) => ({ field, ids: new Map<string, string>() }))

  function conflict(id: string, fields: JsonObject): { field: string; owner: string } | undefined {
    for (const { field, ids } of owners) {
      const text = uniqueText(fields, field)
      const owner = text === undefined ? undefined : ids.get(text)
      if (owner !== undefined && owner !== id) return { field, owner }
    }
    return undefined
  }

  function add(item: Item): void {
    for (const { field, ids } of owners) {
      const text = uniqueText(item.fields(), field)
      if (text !== undefined) ids.set(text, item.id)
    }
  }

  function take(item: Item): void {
    for (const { field, ids } of owners) {
      const text = uniqueText(item.fields(), field)
      if (text !== undefined) ids.delete(text)
    }
  }

  for (const item of owners.length > 0 ? items : []) {
    const found = conflict(item.id, item.fields())
    if (found)
      throw new ConfigurationError(
        `the field ${found.field} can't be unique: the records ${found.owner} and ${item.id} have the same value`,
      )
    add(item)
  }
  return { conflict, add, take }
}
