import assert from 'node:assert/strict'
import type { Received, Send, Sent } from './service-under-test.ts'

/** The answer to one request of a batch. */
export interface Part {
  readonly status: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** `any` JSON: an object but for HEAD and for what is not JSON. */
  readonly body: PartBody
}

/** The members of bodies that tests look at. */
export interface PartBody {
  readonly [member: string]: unknown
  readonly data?: Readonly<Record<string, unknown>>
}

/** What a request of a batch says. */
export type PartRequest = Readonly<Record<string, unknown>>

/** Sends a body to the batch endpoint. */
export const post = (send: Send, body: unknown, sent: Sent = {}): Promise<Received> => send('POST', '/v1/batch', { ...sent, body })

/** The parts of a batch that is answered at all. */
export function partsOf(answer: Received): readonly Part[] {
  assert.equal(answer.status, 200, answer.text)
  return answer.body.responses as readonly Part[] // R11.10
}

/** Sends requests in a batch. */
export async function batch(send: Send, requests: readonly PartRequest[], sent: Sent & { defaults?: PartRequest } = {}) {
  const { defaults, ...rest } = sent
  return partsOf(await post(send, defaults === undefined ? { requests } : { defaults, requests }, rest))
}

/** Sends one request in a batch. */
export async function only(send: Send, request: PartRequest, sent: Sent & { defaults?: PartRequest } = {}): Promise<Part> {
  const [part] = await batch(send, [request], sent)
  assert.ok(part)
  return part
}

/** The statuses of the parts. */
export const statuses = (parts: readonly Part[]): readonly number[] => parts.map(({ status }) => status)
