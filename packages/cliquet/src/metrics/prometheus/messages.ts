import type { Snapshot } from './snapshot.ts'

/** What workers and the process that has started them tell each other. Drivers of different prefixes are strangers. */
export type Message = { readonly cliquet: 'metrics'; readonly prefix: string } & (
  | /** Of a worker that will answer. */ { readonly kind: 'here' }
  | /** Of a worker that is asked by Prometheus, with what it has measured itself. */ {
      readonly kind: 'ask'
      readonly id: number
      readonly snapshot: Snapshot
    }
  | /** To the other workers. */ { readonly kind: 'give'; readonly id: number }
  | /** What one of these answers. */ { readonly kind: 'given'; readonly id: number; readonly snapshot: Snapshot }
  | /** What the first one is answered: of each process, and of those that have ended. */ {
      readonly kind: 'all'
      readonly id: number
      readonly snapshots: readonly Snapshot[]
    }
  | /** Of a worker whose service has ended. */ { readonly kind: 'last'; readonly snapshot: Snapshot }
)

/** Other messages are none of ours. */
export const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'cliquet' in value && value.cliquet === 'metrics'
