import type { ObjectRef } from '../permission/contract.ts'
import { defaultParent } from './context.ts'
import type { ResourceDefinition } from './define.ts'

/**
 * The object that a list belongs to: for a top-level one the empty URI, else the record that it lies below (R10.7). The permissions of that
 * record are kept under the scope of its own resource. Where only a request of that resource tells the scope, it is taken to be the list's own.
 */
export function listParent(list: ObjectRef, resources: ReadonlyMap<string, ResourceDefinition>): ObjectRef {
  const uri = above(list.uri)
  const recordList = above(uri)
  for (const definition of resources.values()) {
    if (definition.shared && definition.parentId === undefined && leadsTo(definition.collectionPath, recordList)) {
      return { parentId: defaultParent(definition, recordList, ''), uri }
    }
  }
  return { parentId: list.parentId, uri }
}

const above = (uri: string): string => uri.slice(0, Math.max(0, uri.lastIndexOf('/')))

/** Whether a path with parameters is that of the URI. */
function leadsTo(path: string, uri: string): boolean {
  const parts = path.split(/\{\w+\}/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]+')}$`).test(uri)
}
