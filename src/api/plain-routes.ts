import type { FastifyInstance, FastifyReply } from 'fastify'
import { errorPage } from './error-page.ts'

/** Text for people and load balancers. `notReady` tells why this node cannot serve; undefined: it can. */
export function addPlainRoutes(app: FastifyInstance, notReady: () => string | undefined): void {
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
  app.get<{ Params: { code: string } }>('/errors/:code', async (request, reply) => {
    const page = errorPage(request.params.code)
    return page === undefined ? text(reply, 404, 'There is no such error code.\n') : text(reply, 200, page)
  })
}

const HEADERS = {
  'content-type': 'text/plain;charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

const text = (reply: FastifyReply, status: number, body: string) => reply.code(status).headers(HEADERS).send(body)
