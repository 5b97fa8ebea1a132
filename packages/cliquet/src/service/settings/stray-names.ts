import type { Settings } from '../settings.ts'
import { resourceKey } from './patterns.ts'

/** Notices of settings about resources that the service does not have. */
export function strayNames({ granted, ofResources, subjects }: Settings, resources: readonly string[]): readonly string[] {
  const known = resources.map((name) => `${resourceKey(name)}_`)
  return [...granted.keys(), ...ofResources.keys()].flatMap((key) => {
    const name = key.replace(/^(?:plural|object)_(?=.+_enabled$)/, '')
    if (known.some((start) => name.startsWith(start))) return []
    return [
      `${subjects.get(key) ?? key} has no effect: the service has ${resources.length === 0 ? 'no resource' : `the resources ${resources.join(', ')}`}`,
    ]
  })
}
