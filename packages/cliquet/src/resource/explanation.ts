import type { Authorization, Question } from '../auth/authorization.ts'
import type { Explanation } from '../auth/explanation.ts'
import type { AccessExplanation, ExplainedResource, Inquiry } from '../auth/inquiry.ts'
import { EVERYONE } from '../auth/principals.ts'
import type { Endpoint } from '../http/endpoint.ts'
import { collectionRef, recordRef, type Scope } from '../model/model.ts'
import type { StoredRecord } from '../storage/record.ts'
import { type Access, type SharedAccessOptions, sharedAccess } from './access.ts'
import { collectionUri, contextFor, defaultParent, type ResourceContext } from './context.ts'

/** The resource as the view that explains permissions knows it, at the endpoints that serve it. */
export function explainedResource(context: ResourceContext, endpoints: readonly Endpoint[]): ExplainedResource {
  const { name, shared, permissions, parentId } = context.definition
  return {
    name,
    permissions: [...new Set(['read', 'write', 'create', ...(permissions ?? [])])],
    places: endpoints.map(({ method, path, service }) => ({ kind: service === `${name}-list` ? 'list' : 'record', path, method })),
    needsParent: shared && parentId !== undefined,
    explain: async (inquiry) => explainAccess(contextFor(context, inquiry.request), inquiry),
  }
}

function explainAccess(context: ResourceContext, inquiry: Inquiry): Promise<AccessExplanation> | AccessExplanation {
  const scope = scopeOf(context, inquiry)
  const { ask, parameters, kind } = inquiry
  const object = kind === 'list' ? collectionRef(scope) : recordRef(scope, parameters.id ?? '')
  if (!context.definition.shared) return isolation(inquiry, object)
  return 'method' in ask
    ? explainMethod(context, inquiry, scope)
    : explainPermission(context, inquiry, { scope, object, name: ask.permission })
}

/** Where the requests of the caller would work. Nobody's request is there to be asked. */
function scopeOf({ definition, model }: ResourceContext, { caller, parameters, parent }: Inquiry): Scope {
  const user = caller.userId ?? EVERYONE
  const uri = collectionUri(definition.collectionPath, parameters)
  const parentId = parent ?? (definition.parentId === undefined ? defaultParent(definition, uri, user) : '')
  return { collection: { parentId, resource: model.name }, uri, author: () => user, request: undefined }
}

/** Each user has a list of their own: nothing but a user is needed (R10.1). */
function isolation({ caller, ask }: Inquiry, object: AccessExplanation['object']): AccessExplanation {
  const permitted = caller.userId !== undefined
  return {
    permitted,
    decidedBy: permitted ? 'isolation' : 'nobody',
    checked: [{ kind: 'isolation', permits: permitted }],
    permission: 'permission' in ask ? ask.permission : undefined,
    object,
  }
}

interface AskedPermission {
  readonly scope: Scope
  readonly object: AccessExplanation['object']
  readonly name: string
}

/** To create is a permission on the list, also where it is asked about a record. */
async function explainPermission(
  { authorization }: ResourceContext,
  { caller }: Inquiry,
  asked: AskedPermission,
): Promise<AccessExplanation> {
  const { resource } = asked.scope.collection
  const object = asked.name === `${resource}:create` ? collectionRef(asked.scope) : asked.object
  const explanation = await authorization.explain({ resource, permission: asked.name, object, caller })
  return { ...explanation, permission: asked.name, object }
}

/** Goes the way of the request, and keeps what was looked at. */
async function explainMethod(
  { authorization, model, resources }: ResourceContext,
  { caller, ask, kind, parameters }: Inquiry,
  scope: Scope,
): Promise<AccessExplanation> {
  const id = parameters.id ?? ''
  const step = `${kind} ${'method' in ask ? ask.method : ''}`
  const existing = stepsByRecord.has(step) ? await model.storage.get(scope.collection, id) : undefined
  const asked: Asked[] = []
  const by = recorded(authorization, asked)
  const access = sharedAccess({ resource: model.name, scope, caller, authorization: by, resources, refusal: () => new Refusal() })
  const outcome = await outcomeOf(access, steps[step], { id, existing })
  const decisive = outcome.permitted ? asked.at(-1)?.explanation.decidedBy : 'nobody'
  return {
    ...outcome,
    decidedBy: decisive ?? 'nobody',
    checked: asked.flatMap(({ explanation }) => explanation.checked),
    permission: asked[0]?.question.permission,
    object: asked[0]?.question.object ?? collectionRef(scope),
    ...(stepsByRecord.has(step) ? { exists: existing !== undefined } : {}),
  }
}

interface Target {
  readonly id: string
  readonly existing: StoredRecord | undefined
}

/** What a method requires (R10.3): where it reads a list, the ids that are left of it. */
type Step = (access: Access, target: Target) => Promise<readonly string[] | undefined>

const requiring =
  (require: (access: Access, target: Target) => Promise<void>): Step =>
  async (access, target) => {
    await require(access, target)
    return undefined
  }

const toRead = requiring((access, { id }) => access.requireRead(id))
const toWrite = requiring((access, { id, existing }) => access.requireWrite(id, existing))
const toCreate = requiring((access) => access.requireCreate())
const toPut: Step = (access, target) => (target.existing === undefined ? toCreate(access, target) : toWrite(access, target))

const steps: Readonly<Record<string, Step>> = {
  'list GET': (access) => access.selection('read'),
  'list HEAD': (access) => access.selection('read'),
  'list DELETE': (access) => access.selection('write'),
  'list POST': toCreate,
  'record GET': toRead,
  'record HEAD': toRead,
  'record PUT': toPut,
  'record PATCH': toWrite,
  'record DELETE': toWrite,
}

/** Those for which it makes a difference whether the record is there. */
const stepsByRecord: ReadonlySet<string> = new Set(['record PUT', 'record PATCH', 'record DELETE'])

/** Not permitted: nobody is answered with it. */
class Refusal extends Error {
  override readonly name = 'Refusal'
}

async function outcomeOf(access: Access, step: Step | undefined, target: Target): Promise<Pick<AccessExplanation, 'permitted' | 'ids'>> {
  try {
    const ids = await step?.(access, target)
    return { permitted: step !== undefined, ...(ids === undefined ? {} : { ids }) }
  } catch (error) {
    if (error instanceof Refusal) return { permitted: false }
    throw error
  }
}

interface Asked {
  readonly question: Question
  readonly explanation: Explanation
}

/** The same authorization, which writes down what it is asked and why it answers so. */
function recorded(authorization: Authorization, asked: Asked[]): SharedAccessOptions['authorization'] {
  return {
    async permits(question) {
      const explanation = await authorization.explain(question)
      asked.push({ question, explanation })
      return explanation.permitted
    },
    async visible(question) {
      const ids = await authorization.visible(question)
      const permitted = ids.length > 0
      const { object, permission } = question
      const checked = [{ kind: 'records', ...object, uri: `${object.uri}/*`, permission, ids } as const]
      asked.push({ question, explanation: { permitted, decidedBy: permitted ? 'permissions' : 'nobody', checked } })
      return ids
    },
  }
}
