/** Where a service is in its life: only in the middle of it should anybody send it requests. */
export type Phase = 'starting' | 'ready' | 'ending'

/** Tells load balancers, by the heartbeats, whether to send requests to this process. It refuses none itself. */
export interface Readiness {
  readonly phase: Phase
  /** The backends are prepared. After the end it changes nothing. */
  begin(): void
  /** This process is about to go. Calling it again changes nothing. */
  end(): void
}

/** A life that begins. */
export function createReadiness(): Readiness {
  let phase: Phase = 'starting'
  return {
    get phase() {
      return phase
    },
    begin() {
      if (phase === 'starting') phase = 'ready'
    },
    end() {
      phase = 'ending'
    },
  }
}
