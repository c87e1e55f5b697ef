import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { namesTag } from './cached-document.ts'
import { ENCODING_NAMES, readStaticFiles, type StaticFile, type StaticFiles } from './static-files.ts'

/**
 * Scripts, and connections, of this origin only. Styles may stand in the page: they hold what the person has chosen, and
 * nothing that came from outside becomes one.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

export const BROWSER_HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const

export interface StaticSite {
  /** Where it begins, such as `/console`. */
  readonly path: string
  /** Of what was built. */
  readonly folder: string
  /** What the answer says where nothing is built: how to build it. */
  readonly notBuilt: string
  /** Undefined: there is no such file. */
  readonly find: (files: StaticFiles, path: string) => StaticFile | undefined
  /** Of the page that tells people that there is no such file. Left out: a line of text does. */
  readonly missing?: string
}

/** Static files that were built, read when the first of them is asked for. */
export function addStaticRoutes(app: FastifyInstance, site: StaticSite): void {
  let reading: Promise<StaticFiles | undefined> | undefined
  const files = async () => {
    reading ??= readStaticFiles(site.folder)
    const found = await reading
    // It may be built by the next time.
    if (found === undefined) reading = undefined
    return found
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: site.path,
    handler: async (_request, reply) =>
      reply
        .code(308)
        .headers({ ...BROWSER_HEADERS, location: `${site.path}/` })
        .send(),
  })
  app.route<{ Params: { '*': string } }>({
    method: ['GET', 'HEAD'],
    url: `${site.path}/*`,
    handler: async (request, reply) => {
      const all = await files()
      void reply.headers(BROWSER_HEADERS)
      if (all === undefined) return text(reply, 503, site.notBuilt)
      const file = site.find(all, request.params['*'])
      if (file !== undefined) return sendFile(file, request, reply)
      const page = site.missing === undefined ? undefined : all.get(site.missing)
      if (page === undefined) return text(reply, 404, 'There is no such file.\n')
      return reply.code(404).headers({ 'content-type': page.contentType, 'cache-control': 'no-store' }).send(page.body)
    },
  })
}

function sendFile(file: StaticFile, { headers }: FastifyRequest, reply: FastifyReply) {
  void reply.headers({
    etag: file.etag,
    vary: 'accept-encoding',
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  if (namesTag(headers['if-none-match'], file.etag)) return reply.code(304).send()
  void reply.header('content-type', file.contentType)
  const accepted = acceptedEncodings(headers['accept-encoding'])
  const encoding = ENCODING_NAMES.find((name) => accepted.has(name) && file.encoded[name] !== undefined)
  if (encoding === undefined) return reply.send(file.body)
  return reply.header('content-encoding', encoding).send(file.encoded[encoding])
}

/** Those that are named, without the ones that are named to be refused. */
function acceptedEncodings(header: string | string[] | undefined): ReadonlySet<string> {
  const parts = [header ?? []].flat().join(',').toLowerCase().split(',')
  return new Set(
    parts.flatMap((part) => {
      const [name = '', ...parameters] = part.split(';').map((each) => each.trim())
      return parameters.some((each) => /^q=0(\.0*)?$/.test(each)) ? [] : [name]
    }),
  )
}

const text = (reply: FastifyReply, status: number, body: string) =>
  reply.code(status).headers({ 'content-type': 'text/plain;charset=utf-8', 'cache-control': 'no-store' }).send(body)
