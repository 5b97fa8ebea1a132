import { createService, type Service, type ServiceOptions, Type } from 'cliquet'
import type { FieldDescription, ResourceDescription, SuiteHead } from './suite.ts'

/** What is to be served: the application that a suite describes, or a resource `record` at `/records` where every user has their own. */
export type ApplicationPlan = { readonly kind: 'suite'; readonly head: SuiteHead } | { readonly kind: 'records' }

/** Settings as a service takes them. */
export type PlanSettings = Readonly<Record<string, unknown>>

/** The service of a plan; nothing is opened yet. The settings of a suite give way to the others. */
export function createApplication(plan: ApplicationPlan, settings: PlanSettings): Service {
  const common = { 'multiauth.policies': 'basicauth', userid_hmac_secret: 'not a secret: only for tests', log_level: 'warn', ...settings }
  if (plan.kind === 'suite') return suiteService(plan.head, common)
  const service = createService({ name: 'records', version: '1.0', settings: common })
  // Neither field is required: clients of the checks send one or the other.
  service.resource('record', { schema: { title: Type.Optional(Type.String()), count: Type.Optional(Type.Integer()) } })
  return service
}

/** The service that the head of a suite describes (README of the golden exchanges, "The application under test"). */
function suiteService({ authorization, settings: own, resources }: SuiteHead, settings: PlanSettings): Service {
  const options: ServiceOptions = { name: 'golden', version: '0.0.1', settings: { log_level: 'warn', ...own, ...settings } }
  const service = createService(
    authorization === 'authenticated' ? { ...options, authorization: ({ caller }) => caller.userId !== undefined } : options,
  )
  for (const [name, description] of Object.entries(resources)) service.resource(name, resourceOptions(description))
  return service
}

function resourceOptions({ path, perUser, unknown, fields }: ResourceDescription) {
  return {
    schema: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldType(field)])),
    collectionPath: path,
    preserveUnknown: unknown === 'preserve',
    shared: true,
    ...(perUser ? { parentId: ({ request }: { readonly request: { readonly userId?: string | undefined } }) => request.userId ?? '' } : {}),
  }
}

function fieldType({ type, required, default: fallback }: FieldDescription) {
  const made = typeOf(type, fallback === undefined ? {} : { default: fallback })
  return required || fallback !== undefined ? made : Type.Optional(made)
}

function typeOf(type: FieldDescription['type'], options: { readonly default?: unknown }) {
  if (type === 'string') return Type.String(options)
  return type === 'boolean' ? Type.Boolean(options) : Type.Integer(options)
}
