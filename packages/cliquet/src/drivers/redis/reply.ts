import { BackendError } from '../../errors/backend-error.ts'

/** A list of texts and nothings. @throws BackendError when it is something else: the server is not what we took it for */
export function repliedList(reply: unknown): readonly (string | null)[] {
  if (Array.isArray(reply) && reply.every((item) => typeof item === 'string' || item === null)) return reply
  throw unexpected(reply)
}

/** A list of texts. @throws BackendError when it is something else */
export function repliedTexts(reply: unknown): readonly string[] {
  if (Array.isArray(reply) && reply.every((item) => typeof item === 'string')) return reply
  throw unexpected(reply)
}

/** A list of numbers. @throws BackendError when it is something else */
export function repliedNumbers(reply: unknown): readonly number[] {
  if (Array.isArray(reply) && reply.every((item) => typeof item === 'number')) return reply
  throw unexpected(reply)
}

/** A text, or undefined for nothing. @throws BackendError when it is something else */
export function repliedText(reply: unknown): string | undefined {
  if (typeof reply === 'string') return reply
  if (reply === null || reply === undefined) return undefined
  throw unexpected(reply)
}

const unexpected = (reply: unknown): BackendError => new BackendError(`Redis gave an answer that we do not understand: a ${typeof reply}`)
