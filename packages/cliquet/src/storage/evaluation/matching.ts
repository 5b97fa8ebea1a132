import type { Json } from '../../primitives/json.ts'
import { isJsonArray } from '../../primitives/json.ts'
import type { Filter, SortValue } from '../query.ts'
import { fieldReader } from './field.ts'
import type { Item } from './item.ts'
import type { OrderKey } from './order.ts'
import { compareKeys, equalKeys, orderKey } from './order.ts'
import { patternMatcher } from './pattern.ts'

/** Whether an item passes. */
export type Matcher = (item: Item) => boolean

type Test = (value: SortValue) => boolean

/** Makes the test that all filters hold. */
export function matcher(filters: readonly Filter[]): Matcher {
  const tests = filters.map((filter): Matcher => {
    const read = fieldReader(filter.field)
    const test = fieldTest(filter)
    return (item) => test(read(item))
  })
  return (item) => tests.every((test) => test(item))
}

function fieldTest({ operator, value }: Filter): Test {
  switch (operator) {
    case 'eq':
      return comparison(value, equalKeys)
    case 'not':
      return comparison(value, (own, other) => !equalKeys(own, other))
    case 'lt':
      return comparison(value, (own, other) => compareKeys(own, other) < 0)
    case 'max':
      return comparison(value, (own, other) => compareKeys(own, other) <= 0)
    case 'gt':
      return comparison(value, (own, other) => compareKeys(own, other) > 0)
    case 'min':
      return comparison(value, (own, other) => compareKeys(own, other) >= 0)
    case 'in':
      return oneOf(value)
    case 'exclude':
      return negation(oneOf(value))
    case 'like':
      return patternMatcher(String(value))
    case 'has':
      return (own) => (own !== undefined) === (value === true)
    case 'contains':
      return containment(value, (wanted, has) => wanted.every(has))
    case 'contains_any':
      return containment(value, (wanted, has) => wanted.some(has))
  }
}

function comparison(value: Json, holds: (own: OrderKey, other: OrderKey) => boolean): Test {
  const other = orderKey(value)
  return (own) => holds(orderKey(own), other)
}

const negation =
  (test: Test): Test =>
  (value) =>
    !test(value)

/** Equal values have equal texts, values of different types different ones. */
const identity = ({ rank, value }: OrderKey): string => `${rank}${value}`

const itemsOf = (value: Json): readonly Json[] => (isJsonArray(value) ? value : [value])

function oneOf(value: Json): Test {
  const known = new Set(itemsOf(value).map((item) => identity(orderKey(item))))
  return (own) => known.has(identity(orderKey(own)))
}

function containment(value: Json, holds: (wanted: readonly string[], has: (item: string) => boolean) => boolean): Test {
  const wanted = itemsOf(value).map((item) => identity(orderKey(item)))
  return (own) => {
    if (own === undefined || !isJsonArray(own)) return false
    const items = new Set(own.map((item) => identity(orderKey(item))))
    return holds(wanted, (item) => items.has(item))
  }
}
