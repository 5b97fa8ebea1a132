import FindMyWay from 'find-my-way'

/** Which methods each URL of the service has: for 405, `Allow` and preflights (R3.13, R12.30). */
export interface RoutesIndex {
  add(path: string, methods: readonly string[]): void
  /** The methods of the endpoint that this path leads to, in alphabetical order with OPTIONS; undefined where there is none. */
  methodsOf(path: string): readonly string[] | undefined
}

interface Entry {
  readonly path: string
  readonly set: ReadonlySet<string>
}

/** Whether a router took an empty last segment for a parameter's value: `/bookmarks/` is no record with an empty id (R1.11). */
export const isStrayMatch = (path: string, route: string): boolean => path.endsWith('/') && !/[/*]$/.test(route)

/** Makes an empty index. */
export function createRoutesIndex(): RoutesIndex {
  const router = FindMyWay({ maxParamLength: 2000 })
  const known = new Map<string, Set<string>>()

  return {
    add(path, methods) {
      const set = known.get(path) ?? new Set(['OPTIONS'])
      for (const method of methods) set.add(method)
      if (known.has(path)) return
      known.set(path, set)
      router.on('GET', path, () => undefined, { path, set } satisfies Entry)
    },
    methodsOf(path) {
      const found = router.find('GET', path)?.store as Entry | undefined // what `add` stored
      return found === undefined || isStrayMatch(path, found.path) ? undefined : [...found.set].sort()
    },
  }
}
