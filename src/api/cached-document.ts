import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A public JSON document, the same for everybody until the server changes. */
export interface CachedDocument {
  readonly text: string
  /** With its quotes. */
  readonly etag: string
}

export function cachedDocument(body: object): CachedDocument {
  const text = JSON.stringify(body)
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` }
}

/** 304 where the caller has it. */
export function sendDocument(request: FastifyRequest, reply: FastifyReply, { text, etag }: CachedDocument) {
  void reply.headers({ etag, 'cache-control': 'public, max-age=300', 'x-content-type-options': 'nosniff' })
  if (namesTag(request.headers['if-none-match'], etag)) return reply.code(304).send()
  return reply.header('content-type', 'application/json;charset=utf-8').send(text)
}

/** Compared weakly, as RFC 9110 wants it: a proxy that compresses makes a weak one of ours. */
export function namesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()))
}
