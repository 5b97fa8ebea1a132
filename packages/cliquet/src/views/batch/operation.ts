import type { Operation } from '../../http/operation.ts'

const request = {
  type: 'object',
  properties: {
    path: { type: 'string', description: 'With or without the version prefix.' },
    method: { type: 'string', enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'], default: 'GET' },
    headers: { type: 'object' },
    body: { description: 'An object, or the list of operations of a JSON Patch.' },
  },
}

const part = {
  type: 'object',
  properties: { status: { type: 'integer' }, path: { type: 'string' }, headers: { type: 'object' }, body: {} },
}

/** What the description of the service tells of batches (R2.8). */
export const batchOperation: Operation = {
  id: 'batch',
  tag: 'Batch',
  body: {
    required: true,
    schema: {
      type: 'object',
      required: ['requests'],
      properties: { defaults: request, requests: { type: 'array', items: request } },
    },
  },
  answers: {
    200: {
      description: 'One answer for each request, in the same order.',
      schema: { type: 'object', properties: { responses: { type: 'array', items: part } } },
    },
  },
  errors: ['invalid-parameters', 'body-too-large', 'unsupported-media-type', 'backend-unavailable'],
}
