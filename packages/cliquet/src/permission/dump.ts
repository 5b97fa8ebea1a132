/** A permission that a principal has on an object. */
export interface DumpedPermission {
  readonly kind: 'permission'
  readonly parentId: string
  readonly uri: string
  readonly permission: string
  readonly principal: string
}

/** A principal that was given to a user. */
export interface DumpedPrincipal {
  readonly kind: 'principal'
  readonly userId: string
  readonly principal: string
}

/** One of the things that a permission backend holds, as `dump` gives and `load` takes it. */
export type PermissionItem = DumpedPermission | DumpedPrincipal

/** All items that a page after page has, until one is empty. Holds one page. */
export async function* allPages<Item>(
  pageAfter: (last: Item | undefined) => Promise<readonly Item[]>,
): AsyncGenerator<Item, void, undefined> {
  let last: Item | undefined
  for (;;) {
    const page = await pageAfter(last)
    if (page.length === 0) return
    yield* page
    last = page.at(-1)
  }
}
