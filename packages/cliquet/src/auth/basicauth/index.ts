import { createBasicPolicy } from '../basic.ts'
import type { AuthenticationPolicy, PolicyOptions } from '../policy.ts'

/** Basic Auth without sign-up (R4.5): the module of `multiauth.policy.{name}.use = cliquet/auth/basicauth`. */
export const createPolicy = ({ name, userIdSecret }: PolicyOptions): AuthenticationPolicy =>
  createBasicPolicy({ name, secret: userIdSecret() })
