import type { FastifyRequest } from 'fastify'
import type { JsonObject } from '../primitives/json.ts'
import type { Action, AnyResourceEvent, Happening, ServerFlushed } from './contract.ts'

/** Before the commit, or after it. */
export type Phase = 'before' | 'after'

/** The name of the event that tells of an action. */
export function eventName(phase: Phase, action: Action): AnyResourceEvent['type'] {
  if (phase === 'before') return action === 'read' ? 'ResourceRead' : 'ResourceChanged'
  return action === 'read' ? 'AfterResourceRead' : 'AfterResourceChanged'
}

/** The event that tells of a happening. */
export function resourceEvent(phase: Phase, happening: Happening): AnyResourceEvent {
  const event = { ...happening, type: eventName(phase, happening.action), toJSON: () => happeningJson(happening) }
  return event as AnyResourceEvent // the action decides on the type of the event, and the entries are of that action
}

/** The event that tells that the backends are empty. */
export function flushedEvent(request: FastifyRequest, timestamp: number): ServerFlushed {
  const { userId } = request
  const toJSON = (): JsonObject => ({ timestamp, user_id: userId ?? null })
  return { type: 'ServerFlushed', timestamp, userId, request, toJSON }
}

/** The names are those of the original, which had the parameters among the others. */
function happeningJson({ action, resourceName, parentId, uri, parameters, timestamp, userId, impacted }: Happening): JsonObject {
  return {
    ...parameters,
    timestamp,
    action,
    uri,
    user_id: userId ?? null,
    resource_name: resourceName,
    parent_id: parentId,
    impacted,
  }
}
