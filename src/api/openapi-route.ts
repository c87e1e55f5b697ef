import type { FastifyInstance } from 'fastify'
import type { AnyAction } from './action.ts'
import { type OpenApiDocument, openApiDocument } from './openapi.ts'

export const OPENAPI_PATH = '/openapi.json'

/** No signature is needed: there is nothing in it but what the documentation says. `publicUrl` is asked for each answer. */
export function addOpenApiRoute(app: FastifyInstance, actions: readonly AnyAction[], publicUrl: () => string): void {
  let made: { readonly publicUrl: string; readonly document: OpenApiDocument } | undefined
  /** Made when it is first asked for, since it is a fifth of a start, and again when a reload has changed the address. */
  const current = (): OpenApiDocument => {
    const url = publicUrl()
    if (made?.publicUrl !== url) made = { publicUrl: url, document: openApiDocument(actions, url) }
    return made.document
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: OPENAPI_PATH,
    handler: async (request, reply) => {
      const { text, etag } = current()
      void reply.headers({ etag, 'cache-control': 'public, max-age=300', 'x-content-type-options': 'nosniff' })
      if (namesTag(request.headers['if-none-match'], etag)) return reply.code(304).send()
      return reply.header('content-type', 'application/json;charset=utf-8').send(text)
    },
  })
}

/** Compared weakly, as RFC 9110 wants it: a proxy that compresses makes a weak one of ours. */
export function namesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()))
}
