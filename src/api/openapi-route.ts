import type { FastifyInstance } from 'fastify'
import type { AnyAction } from './action.ts'
import { type CachedDocument, sendDocument } from './cached-document.ts'
import { openApiDocument } from './openapi.ts'

const OPENAPI_PATH = '/openapi.json'

/** No signature is needed: there is nothing in it but what the documentation says. `publicUrl` is asked for each answer. */
export function addOpenApiRoute(app: FastifyInstance, actions: readonly AnyAction[], publicUrl: () => string): void {
  let made: { readonly publicUrl: string; readonly document: CachedDocument } | undefined
  /** Made when it is first asked for, since it is a fifth of a start, and again when a reload has changed the address. */
  const current = (): CachedDocument => {
    const url = publicUrl()
    if (made?.publicUrl !== url) made = { publicUrl: url, document: openApiDocument(actions, url) }
    return made.document
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: OPENAPI_PATH,
    handler: async (request, reply) => sendDocument(request, reply, current()),
  })
}
