import type { Operation, OperationParameter } from '../../http/operation.ts'

const text = { type: 'string' }
const parameter = (name: string, description: string, schema: OperationParameter['schema'] = text): OperationParameter => ({
  in: 'query',
  name,
  description,
  schema,
})

const words = { type: 'array', items: text }

/** What the description of the service tells of explanations (R2.8). */
export const explainOperation: Operation = {
  id: '__explain__',
  tag: 'Utilities',
  parameters: [
    { ...parameter('uri', 'The path of a record or a list, such as /articles/a1.'), required: true },
    parameter('permission', 'The permission that is asked for; create too. Either this or `method`.'),
    parameter('method', 'The method of a request.', { type: 'string', enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] }),
    parameter('user', 'A user id with its prefix. Without it, it is about who is not logged in.'),
    parameter('principals', 'Principals that the user has besides.', words),
    parameter('parent', 'The scope, of resources where a function of the request tells it.'),
  ],
  answers: {
    200: {
      description: 'Whether it is permitted, and everything that was looked at.',
      schema: {
        type: 'object',
        required: ['permitted', 'decided_by', 'question', 'resource', 'object', 'user', 'principals', 'checked'],
        properties: {
          permitted: { type: 'boolean' },
          decided_by: { type: 'string', enum: ['settings', 'permissions', 'isolation', 'decision', 'nobody'] },
          question: { type: 'object', properties: { method: text, permission: text } },
          resource: text,
          object: { type: 'object', properties: { uri: text, parent: text } },
          user: { anyOf: [text, { type: 'null' }] },
          principals: { type: 'array', items: { type: 'object', properties: { principal: text, from: text } } },
          exists: { type: 'boolean', description: 'Whether the record is there, where that makes a difference.' },
          records: { type: 'object', properties: { count: { type: 'integer' }, ids: words }, description: 'What they get of a list.' },
          checked: { type: 'array', items: { type: 'object', required: ['kind'], properties: { kind: text } } },
          hint: { type: 'string', description: 'What would permit it.' },
          notes: words,
        },
      },
    },
  },
  errors: ['invalid-parameters', 'missing-credentials', 'forbidden', 'backend-unavailable'],
}
