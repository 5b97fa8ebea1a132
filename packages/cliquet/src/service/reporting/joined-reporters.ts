import type { ErrorReporter } from '../../reporting/contract.ts'

/** Tells all of several reporters. What one of them throws in spite of its promise concerns nobody else. */
export interface JoinedReporters extends Required<ErrorReporter> {
  /** Has an error neither reported nor noted: it stands for one that was. */
  overlook(error: unknown): void
}

/** Joins reporters. An error that one was told of is reported once, and not noted again. */
export function joinReporters(reporters: readonly ErrorReporter[]): JoinedReporters {
  const reported = new WeakSet<object>()
  let isTelling = false

  /** What reporters log while they are told is not told to them. */
  function tell(work: (reporter: ErrorReporter) => void): void {
    if (isTelling) return
    isTelling = true
    for (const reporter of reporters) attempt(() => work(reporter))
    isTelling = false
  }

  /** @returns whether it was there before */
  function remember(error: unknown): boolean {
    if (typeof error !== 'object' || error === null) return false
    const isKnown = reported.has(error)
    reported.add(error)
    return isKnown
  }

  return {
    overlook: (error) => void remember(error),
    begin: (request) => tell((reporter) => reporter.begin?.(request)),
    report(error, kind, request) {
      if (!remember(error)) tell((reporter) => reporter.report(error, kind, request))
    },
    note(record, request) {
      const { error } = record
      if (typeof error === 'object' && error !== null && reported.has(error)) return
      tell((reporter) => reporter.note?.(record, request))
    },
    async close() {
      await Promise.allSettled(reporters.map(async (reporter) => await reporter.close()))
    },
  }
}

function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // Who reports errors must make none.
  }
}
