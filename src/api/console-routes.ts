import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  CONSOLE_FOLDER,
  type ConsoleFile,
  type ConsoleFiles,
  ENCODING_NAMES,
  readConsoleFiles,
} from './console-files.ts'
import { namesTag } from './cached-document.ts'

export const CONSOLE_PATH = '/console'

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

export const CONSOLE_HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const

const NOT_BUILT = `The console is not built.

In a clone of Postern run: npm run build
Then open this address again; the server need not be started anew.
The API works without it.
`
/** What a page of the console cannot be called; the names of error codes and actions have dots too. */
const FILE_NAME = /\.(css|html|ico|js|json|map|png|svg|txt|woff2?)$/
const ASSETS = 'assets/'

/** The console as it was built: static files, with index.html for every page of it. Read when it is first asked for. */
export function addConsoleRoutes(app: FastifyInstance, folder = CONSOLE_FOLDER): void {
  let reading: Promise<ConsoleFiles | undefined> | undefined
  const files = async () => {
    reading ??= readConsoleFiles(folder)
    const found = await reading
    // It may be built by the next time.
    if (found === undefined) reading = undefined
    return found
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: CONSOLE_PATH,
    handler: async (_request, reply) =>
      reply
        .code(308)
        .headers({ ...CONSOLE_HEADERS, location: `${CONSOLE_PATH}/` })
        .send(),
  })
  app.route<{ Params: { '*': string } }>({
    method: ['GET', 'HEAD'],
    url: `${CONSOLE_PATH}/*`,
    handler: async (request, reply) => {
      const all = await files()
      void reply.headers(CONSOLE_HEADERS)
      if (all === undefined) return text(reply, 503, NOT_BUILT)
      const path = request.params['*']
      const isFile = path.startsWith(ASSETS) || FILE_NAME.test(path)
      const file = all.get(isFile ? path : 'index.html')
      return file === undefined ? text(reply, 404, 'There is no such file.\n') : sendFile(file, request, reply)
    },
  })
}

function sendFile(file: ConsoleFile, { headers }: FastifyRequest, reply: FastifyReply) {
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
