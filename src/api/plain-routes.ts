import type { FastifyInstance, FastifyReply } from 'fastify'
import type { AnyAction } from './action.ts'
import { type CachedDocument, cachedDocument, sendDocument } from './cached-document.ts'
import { errorCodes } from './error-codes.ts'
import { errorPage, errorPageUrl } from './error-page.ts'

export interface PlainRoutes {
  readonly actions: readonly AnyAction[]
  /** Asked for each answer. */
  readonly publicUrl: () => string
  /** Why this node cannot serve; undefined: it can. */
  readonly notReady: () => string | undefined
}

/** For people and load balancers, without a signature. */
export function addPlainRoutes(app: FastifyInstance, { actions, publicUrl, notReady }: PlainRoutes): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/healthz',
    handler: async (_request, reply) => text(reply, 200, 'alive\n'),
  })
  app.route({
    method: ['GET', 'HEAD'],
    url: '/readyz',
    handler: async (_request, reply) => {
      const why = notReady()
      return why === undefined ? text(reply, 200, 'ready\n') : text(reply, 503, `${why}\n`)
    },
  })
  // Where answers of older versions link to: a browser finds the page of the console, everything else the text.
  app.get<{ Params: { code: string } }>('/errors/:code', async (request, reply) => {
    const { code } = request.params
    const page = errorPage(code)
    void reply.header('vary', 'accept')
    if (page === undefined) return text(reply, 404, 'There is no such error code.\n')
    if (!/\btext\/html\b/i.test(request.headers.accept ?? '')) return text(reply, 200, page)
    const [, query] = (request.raw.url ?? '').split('?', 2)
    return reply.redirect(`${errorPageUrl(publicUrl(), code)}${query === undefined ? '' : `?${query}`}`, 302)
  })
  let codes: CachedDocument | undefined
  app.route({
    method: ['GET', 'HEAD'],
    url: '/errors.json',
    handler: async (request, reply) => {
      codes ??= cachedDocument({ errors: errorCodes(actions) })
      return sendDocument(request, reply, codes)
    },
  })
}

const HEADERS = {
  'content-type': 'text/plain;charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

const text = (reply: FastifyReply, status: number, body: string) => reply.code(status).headers(HEADERS).send(body)
