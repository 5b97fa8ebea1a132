import type { Clock } from '../../primitives/clock.ts'
import type { PolicyHeartbeat } from '../policy.ts'
import { createProvider } from './provider.ts'
import type { BearerSettings } from './settings.ts'

/** What a heartbeat asks for. */
export interface HeartbeatOptions {
  readonly name: string
  readonly url: string
  readonly fetch: typeof fetch
  readonly clock: Clock
}

/** How long an answer counts, ms: the heartbeat is public, and whoever asks for it shall not make us ask the provider as often. */
const ttl = 1000

/** Tells whether a provider answers with 200 at a URL, whatever waits to ask it about tokens; undefined if the settings want no such heartbeat. */
export function providerHeartbeat(
  { hasHeartbeat, heartbeatTimeout }: BearerSettings,
  { name, url, fetch, clock }: HeartbeatOptions,
): PolicyHeartbeat | undefined {
  if (!hasHeartbeat) return undefined
  const provider = createProvider({ name, fetch, timeout: heartbeatTimeout })
  let last: { readonly at: number; readonly answer: Promise<boolean> } | undefined
  async function ask(): Promise<boolean> {
    try {
      return (await provider.send(url)).status === 200
    } catch {
      return false
    }
  }
  return {
    name,
    check() {
      if (last === undefined || clock() - last.at >= ttl) last = { at: clock(), answer: ask() }
      return last.answer
    },
  }
}
