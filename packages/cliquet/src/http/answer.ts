import type { FastifyReply } from 'fastify'

/** What an endpoint answers, as data. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** JSON text, unless there is another type; without it the answer has no body. */
  readonly text?: string | undefined
  /** The media type of the text. */
  readonly type?: string | undefined
}

/** Fastify adds a charset to the content type of texts, unless they have a serializer of their own (R0.1). */
const asItIs = (text: unknown): string => String(text)

/** From this length on a body is sent as bytes. */
const LONG = 16_384

/**
 * Writes an answer. Short bodies are texts, not bytes: Node writes those together with the headers, in one system call. Of long ones it would make
 * one text with the headers, and room for three bytes of each character.
 */
export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  // It was too late (`limitHandling`).
  if (reply.sent) return reply
  reply.code(answer.status)
  for (const name in answer.headers) reply.header(name, answer.headers[name])
  if (answer.text === undefined) return reply.send()
  reply.header('content-type', answer.type ?? 'application/json')
  return answer.text.length < LONG ? reply.serializer(asItIs).send(answer.text) : reply.send(bytesOf(answer.text))
}

const utf8 = new TextEncoder()

/** In UTF-8. Nearly all bodies are ASCII, and then as long as their text: it is tried before anything is counted. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(text.length)
  return utf8.encodeInto(text, bytes).read === text.length ? bytes : Buffer.from(text)
}

/** An answer whose body is this value. */
export const jsonAnswer = (status: number, body: unknown, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers,
  text: JSON.stringify(body),
})
