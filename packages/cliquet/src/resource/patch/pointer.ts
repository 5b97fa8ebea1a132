import type { Meter } from './failure.ts'
import { patchFailure } from './failure.ts'
import type { Tree, TreeMap } from './tree.ts'

/** The keys from the root of a document to a place in it, at least one. */
export type Pointer = readonly [string, ...string[]]

/**
 * Reads a JSON Pointer (RFC 6901) into the document `{data, permissions}` (R5.26, R5.27). Everything after `/permissions/{permission}/` is the
 * principal, raw slashes too.
 * @throws InvalidParameters for a place outside of `/data` and `/permissions`, and for a wrong escape
 */
export function parsePatchPointer(text: string): Pointer {
  const [area, ...rest] = text.slice(1).split('/').map(unescapeKey)
  if (area === 'data') return [area, ...rest]
  if (area !== 'permissions') throw patchFailure(`'${text}' is neither in /data nor in /permissions`)
  const [permission, ...principal] = rest
  if (permission === undefined) return [area]
  return principal.length === 0 ? [area, permission] : [area, permission, principal.join('/')]
}

/** Whether `inner` is a place strictly inside of `outer`. */
export const isInside = (inner: Pointer, outer: Pointer): boolean =>
  inner.length > outer.length && outer.every((key, index) => key === inner[index])

/** The pointer as text, for messages. */
export const pointerText = (pointer: Pointer): string =>
  pointer.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** What stands there. @throws InvalidParameters if there is nothing */
export function valueAt(root: TreeMap, pointer: Pointer): Tree {
  let value: Tree | undefined = root
  for (const key of pointer) {
    value = childOf(value, key)
    if (value === undefined) throw patchFailure(`nothing at '${pointerText(pointer)}'`)
  }
  return value
}

/** Adds a value there; in an array before the item that has this index, `-` at the end. @throws InvalidParameters without a place for it */
export function addAt(root: TreeMap, pointer: Pointer, value: Tree, meter: Meter): void {
  const { parent, key } = placeOf(root, pointer)
  if (parent instanceof Map) {
    parent.set(key, value)
    return
  }
  const index = Array.isArray(parent) ? (key === '-' ? parent.length : parseIndex(key)) : undefined
  if (!Array.isArray(parent) || index === undefined || index > parent.length) throw patchFailure(`no place at '${pointerText(pointer)}'`)
  meter(parent.length - index)
  parent.splice(index, 0, value)
}

/** Puts a value in place of the one there. @throws InvalidParameters if there is none */
export function replaceAt(root: TreeMap, pointer: Pointer, value: Tree): void {
  valueAt(root, pointer)
  const { parent, key } = placeOf(root, pointer)
  if (parent instanceof Map) parent.set(key, value)
  else if (Array.isArray(parent)) parent[Number(key)] = value
}

/** Removes the value there. @throws InvalidParameters if there is none */
export function removeAt(root: TreeMap, pointer: Pointer, meter: Meter): void {
  valueAt(root, pointer)
  const { parent, key } = placeOf(root, pointer)
  if (parent instanceof Map) parent.delete(key)
  else if (Array.isArray(parent)) {
    meter(parent.length - Number(key))
    parent.splice(Number(key), 1)
  }
}

function placeOf(root: TreeMap, pointer: Pointer): { parent: Tree; key: string } {
  const [first, ...rest] = pointer
  const key = rest.pop()
  return key === undefined ? { parent: root, key: first } : { parent: valueAt(root, [first, ...rest]), key }
}

function childOf(parent: Tree | undefined, key: string): Tree | undefined {
  if (parent instanceof Map) return parent.get(key)
  const index = parseIndex(key)
  return Array.isArray(parent) && index !== undefined ? parent[index] : undefined
}

const parseIndex = (key: string): number | undefined => (/^(0|[1-9]\d*)$/.test(key) ? Number(key) : undefined)

function unescapeKey(key: string): string {
  if (/~(?![01])/.test(key)) throw patchFailure(`'${key}' has a wrong escape`)
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}
