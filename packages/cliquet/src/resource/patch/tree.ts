import type { Json, JsonObject } from '../../primitives/json.ts'
import { isJsonArray } from '../../primitives/json.ts'
import { type Meter, patchFailure } from './failure.ts'

/** JSON that is changed in place. Objects are maps, which have no special keys: `__proto__` and `constructor` are names like any other. */
export type Tree = null | boolean | number | string | Tree[] | TreeMap

/** An object in a tree. */
export type TreeMap = Map<string, Tree>

const MAX_DEPTH = 101

/** A tree of that value, to stand `depth` levels below the root. @throws InvalidParameters if that were deeper than 100 below the record */
export function toTree(value: Json, depth: number): Tree {
  if (typeof value !== 'object' || value === null) return value
  checkDepth(depth)
  return isJsonArray(value) ? value.map((item) => toTree(item, depth + 1)) : toTreeMap(value, depth)
}

/** As `toTree`, of an object. */
export const toTreeMap = (object: JsonObject, depth: number): TreeMap =>
  new Map(Object.entries(object).map(([key, item]) => [key, toTree(item, depth + 1)]))

/** The JSON of a tree. */
export function toJson(tree: Tree): Json {
  if (tree instanceof Map) return toObject(tree)
  return Array.isArray(tree) ? tree.map(toJson) : tree
}

/** As `toJson`, of an object. */
export const toObject = (tree: TreeMap): JsonObject => Object.fromEntries([...tree].map(([key, item]) => [key, toJson(item)]))

/** A second tree like this one, to stand `depth` levels below the root; each item and character costs 1. @throws InvalidParameters as `toTree` */
export function copyTree(tree: Tree, depth: number, meter: Meter): Tree {
  meter(typeof tree === 'string' ? tree.length + 1 : 1)
  if (typeof tree !== 'object' || tree === null) return tree
  checkDepth(depth)
  if (Array.isArray(tree)) return tree.map((item) => copyTree(item, depth + 1, meter))
  const copied: TreeMap = new Map()
  for (const [key, item] of tree) {
    meter(key.length)
    copied.set(key, copyTree(item, depth + 1, meter))
  }
  return copied
}

/** Whether two trees are the same JSON, whatever the order of keys; each comparison costs 1. */
export function sameTree(a: Tree, b: Tree, meter: Meter): boolean {
  meter(1)
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, item]) => sameAs(item, b.get(key), meter))
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => sameAs(item, b[index], meter))
  return a === b
}

const sameAs = (a: Tree, b: Tree | undefined, meter: Meter): boolean => b !== undefined && sameTree(a, b, meter)

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw patchFailure('the result is nested too deeply')
}
