import type { FastifyReply } from 'fastify'

/** What an `Alert` header tells (R12.4). */
export interface Alert {
  readonly code: 'soft-eol' | 'hard-eol'
  readonly message: string | null
  readonly url: string
}

/** Sets the `Alert` header: one line of ASCII JSON. */
export function sendAlert(reply: FastifyReply, { code, message, url }: Alert): void {
  const text = JSON.stringify({ code, message, url })
  reply.header(
    'alert',
    text.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}
