import type { IncomingHttpHeaders } from 'node:http'
import type { KnownUser } from '../http/subrequest.ts'
import type { AuthenticationPolicy, Recognised } from './policy.ts'

/** What became of a request that a policy was asked about. */
export type PolicyOutcome = 'recognised' | 'unknown' | 'failed'

/** Is told how a policy did, by its name, and how long it took, ms. */
export type PolicyObserver = (policy: string, outcome: PolicyOutcome, duration: number) => void

/** Tells who sends a request: the first policy that knows decides (R4.1). What a policy throws is thrown, also where it gave no promise. */
export type Recognition = (headers: IncomingHttpHeaders) => KnownUser | undefined | Promise<KnownUser | undefined>

/** Makes a recognition without a promise where no policy needs one: most requests are waiting for nothing here. */
export function createRecognition(policies: readonly AuthenticationPolicy[], observe: PolicyObserver | undefined): Recognition {
  const asked: readonly Asked[] = observe === undefined ? policies : policies.map((policy) => observed(policy, observe))

  function recognise(headers: IncomingHttpHeaders, from: number): ReturnType<Recognition> {
    for (let index = from; index < asked.length; index += 1) {
      const policy = asked[index]
      const user = policy?.authenticate(headers)
      if (policy === undefined || user === undefined) continue
      if (!isPromised(user)) return prefixed(policy, user)
      return user.then((later) => (later === undefined ? recognise(headers, index + 1) : prefixed(policy, later)))
    }
    return undefined
  }
  return (headers) => {
    try {
      return recognise(headers, 0)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

/** What is needed of a policy here. */
type Asked = Pick<AuthenticationPolicy, 'name' | 'prefix' | 'authenticate'>

/** The prefix of a policy's user ids (R4.2). */
export const prefixOf = ({ prefix, name }: Pick<AuthenticationPolicy, 'name' | 'prefix'>): string => prefix ?? name

function prefixed(policy: Asked, user: NonNullable<Recognised>): KnownUser {
  if (typeof user === 'string') return { id: `${prefixOf(policy)}:${user}`, policy: policy.name }
  return { ...user, id: `${prefixOf(policy)}:${user.id}`, policy: policy.name }
}

const isPromised = (user: Recognised | Promise<Recognised>): user is Promise<Recognised> => typeof user === 'object' && 'then' in user

/** The same policy, with a look at the clock before and after. */
function observed(policy: AuthenticationPolicy, observe: PolicyObserver): Asked {
  const authenticate = (headers: IncomingHttpHeaders): Recognised | Promise<Recognised> => {
    const started = performance.now()
    const end = (outcome: PolicyOutcome): void => observe(policy.name, outcome, performance.now() - started)
    const outcomeOf = (user: Recognised): PolicyOutcome => (user === undefined ? 'unknown' : 'recognised')
    try {
      const user = policy.authenticate(headers)
      if (!isPromised(user)) {
        end(outcomeOf(user))
        return user
      }
      user.then(
        (later) => end(outcomeOf(later)),
        () => end('failed'),
      )
      return user
    } catch (error) {
      end('failed')
      throw error
    }
  }
  return { name: policy.name, prefix: prefixOf(policy), authenticate }
}
