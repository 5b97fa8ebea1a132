import type { Watched } from './watch.ts'

/** What looks at the calls of methods, by their names. */
export type WatchedCalls = ReadonlyMap<string, Watched>

/** An object that does what `target` does, with those calls looked at. Members in `replaced` take the place of its own. */
export function watchCalls<T extends object>(target: T, calls: WatchedCalls, replaced: Partial<T> = {}): T {
  const copy: object = {}
  for (const name of memberNames(target)) {
    const own = Reflect.get(replaced, name)
    const member: unknown = own ?? Reflect.get(target, name)
    const seen =
      typeof member === 'function' ? { value: watchMethod(member.bind(target), calls.get(name)) } : { get: () => Reflect.get(target, name) }
    Object.defineProperty(copy, name, { ...seen, enumerable: true })
  }
  return copy as T // it has every member of the target
}

function watchMethod(method: (...args: unknown[]) => unknown, watched: Watched | undefined): unknown {
  if (watched === undefined) return method
  return (...args: unknown[]) => watched(() => method(...args) as Promise<unknown>) // every call that is looked at gives one
}

/** Those of the object and of its class. */
function memberNames(target: object): ReadonlySet<string> {
  const names = new Set<string>()
  for (let level: object | null = target; level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) if (name !== 'constructor') names.add(name)
  }
  return names
}
