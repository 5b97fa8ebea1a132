import type { FastifyReply } from 'fastify'

/** What an endpoint answers, as data. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** JSON text; without it the answer has no body. */
  readonly text?: string | undefined
}

/** Fastify adds a charset to the content type of texts, unless they have a serializer of their own (R0.1). */
const asItIs = (text: unknown): string => String(text)

/** Writes an answer. Bodies are texts, not bytes: Node writes those together with the headers, in one system call. */
export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status)
  for (const name in answer.headers) reply.header(name, answer.headers[name])
  if (answer.text === undefined) return reply.send()
  reply.header('content-type', 'application/json')
  return reply.serializer(asItIs).send(answer.text)
}

/** An answer whose body is this value. */
export const jsonAnswer = (status: number, body: unknown, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers,
  text: JSON.stringify(body),
})
