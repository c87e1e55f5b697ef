import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ConsoleSignIn } from '../access/console-sign-in.ts'
import { PosternError } from '../model/errors.ts'
import { isLoopbackHost } from '../model/host.ts'
import type { ApiAudit } from './api-audit.ts'
import { CONSOLE_PATH } from './console-routes.ts'
import { toPosternError } from './render.ts'
import { BROWSER_HEADERS } from './static-routes.ts'

const CONSOLE_SIGN_IN_PATH = `${CONSOLE_PATH}/sign-in`
const MAX_BODY_BYTES = 512

const body = z.strictObject({ Code: z.string().min(1).max(128) })

/**
 * Where the browser exchanges a one-use code. The code is worth the rights of its owner, so it is taken from a browser on
 * this very machine only: over loopback, under a name that no other machine's page can have, and through no proxy.
 */
export function addConsoleSignInRoute(
  app: FastifyInstance,
  parts: {
    readonly signIn: ConsoleSignIn
    readonly audit: ApiAudit | undefined
    readonly answer: (request: FastifyRequest, reply: FastifyReply, result: object | PosternError) => unknown
  },
): void {
  const { signIn, audit, answer } = parts
  app.post(CONSOLE_SIGN_IN_PATH, { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
    const address = request.raw.socket.remoteAddress ?? ''
    void reply.headers(BROWSER_HEADERS)
    try {
      refuseOthers(request.raw)
      audit?.beforeChange()
      const { key, principal } = await signIn.exchange(codeIn(request.body))
      await audit?.consoleOpened({ principal, key: key.id, requestId: request.id, address })
      return await answer(request, reply, {
        AccessKeyId: key.id,
        AccessKeySecret: key.secret,
        SecurityToken: key.securityToken,
        Expiration: new Date(key.expiresAt).toISOString(),
      })
    } catch (error) {
      const refusal = toPosternError(error)
      audit?.consoleRefused(address, refusal)
      return answer(request, reply, refusal)
    }
  })
}

/** Throws Request.Forbidden with what is wrong with the way that the request came. */
function refuseOthers({ socket, rawHeaders }: IncomingMessage): void {
  const headers = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? ''] as const] : [],
  )
  const valuesOf = (name: string) => headers.flatMap(([each, value]) => (each === name ? [value] : []))
  if (!isLoopbackHost(socket.remoteAddress ?? '')) throw refused('It takes codes over loopback only.')
  const proxied = headers.find(([name]) => /^(x-forwarded(-.*)?|forwarded|via|x-real-ip)$/.test(name))
  if (proxied !== undefined) throw refused(`It takes no code through a proxy, and the header ${proxied[0]} is of one.`)
  const hosts = [`127.0.0.1:${socket.localPort}`, `localhost:${socket.localPort}`]
  const [host = '', ...more] = valuesOf('host')
  if (more.length > 0 || !hosts.includes(host.toLowerCase())) {
    throw refused(`It takes codes at http://${hosts.join(' or http://')} only.`)
  }
  // Pages of other origins may send it, but not without saying where they are from.
  const foreign = valuesOf('origin').some((origin) => !/^https?:\/\//.test(origin) || !origin.endsWith(`://${host}`))
  const site = valuesOf('sec-fetch-site').some((value) => value !== 'same-origin')
  if (foreign || site) throw refused('It takes codes from its own page only.')
}

const refused = (why: string) =>
  new PosternError('Request.Forbidden', { message: `The console cannot be opened by a code from here. ${why}` })

/** Throws InvalidParameter. */
function codeIn(bytes: unknown): string {
  try {
    return body.parse(JSON.parse(Buffer.isBuffer(bytes) ? bytes.toString('utf8') : '')).Code
  } catch (cause) {
    throw new PosternError('InvalidParameter', { message: 'The body is not {"Code": "…"} as JSON.', cause })
  }
}
