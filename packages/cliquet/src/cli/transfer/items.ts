import type { PermissionItem } from '../../permission/dump.ts'
import type { StorageItem } from '../../storage/dump.ts'

/** One of the things that are moved. */
export type DumpItem = StorageItem | PermissionItem

/** Whether the permission backend keeps it. */
export const isOfPermission = (item: DumpItem): item is PermissionItem => item.kind === 'permission' || item.kind === 'principal'
