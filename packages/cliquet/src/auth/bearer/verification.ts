import type { Identity } from '../policy.ts'

/** What became of a token. */
export type Verification =
  | {
      readonly kind: 'verified'
      readonly identity: Identity
      /** When it stops to be valid, ms since the epoch; undefined where the provider doesn't say. */
      readonly until: number | undefined
    }
  | {
      readonly kind: 'refused'
      /** Whether the provider was asked: then it is not asked about the same token again at once. */
      readonly byProvider: boolean
    }

/** Tells whose a token is. @throws BackendError if that can't be told now */
export type Verify = (token: string) => Promise<Verification>

/** Refused without asking anybody. */
export const REFUSED: Verification = { kind: 'refused', byProvider: false }

/** Refused by the provider. */
export const REFUSED_BY_PROVIDER: Verification = { kind: 'refused', byProvider: true }
