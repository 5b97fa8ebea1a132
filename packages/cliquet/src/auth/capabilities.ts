import type { AuthenticationPolicy } from './policy.ts'

interface Described {
  readonly description: string
  readonly url: string
  readonly [attribute: string]: unknown
}

/** What hello tells of policies, by name. What policies of the same name tell is joined: lists by list, anything else by the first. */
export function policyCapabilities(policies: readonly AuthenticationPolicy[]): ReadonlyMap<string, Described> {
  const capabilities = new Map<string, Described>()
  for (const policy of policies) {
    if (policy.capability === undefined) continue
    const { name = policy.name, ...capability } = policy.capability
    const known = capabilities.get(name)
    capabilities.set(name, known === undefined ? capability : joined(known, capability))
  }
  return capabilities
}

function joined(first: Described, second: Described): Described {
  const lists = Object.entries(first).flatMap(([key, value]) => {
    const other = second[key]
    return Array.isArray(value) && Array.isArray(other) ? [[key, [...value, ...other]]] : []
  })
  return { ...second, ...first, ...Object.fromEntries(lists) }
}
