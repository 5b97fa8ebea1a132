import { BackendError } from '../../errors/backend-error.ts'

/** How often it is tried: with a wait bounded at 200 ms that is a minute. */
const attempts = 300

/** Tries again while it fails with `BackendError`, which is what those get who would wait too long (S35). */
export async function insisted<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof BackendError) || attempt === attempts) throw error
    }
  }
}
