import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fastify, type FastifyReply } from 'fastify'
import type { AccessKeys } from '../access/access-keys.ts'
import type { Authorise } from '../access/authorise.ts'
import type { ConsoleSignIn } from '../access/console-sign-in.ts'
import type { Nonces } from '../access/nonces.ts'
import { createSignIn } from '../access/sign-in.ts'
import type { Throttle } from '../access/throttle.ts'
import { createWrongSignatures } from '../access/wrong-signatures.ts'
import type { Clock } from '../base/clock.ts'
import { ENROLLMENT_PATH, exchangeToken } from '../fleet/enrollment.ts'
import type { FleetService } from '../fleet/fleet-service.ts'
import { PosternError } from '../model/errors.ts'
import { callerAddress } from '../model/caller-address.ts'
import type { RequestId } from '../model/ids.ts'
import type { IsTrustedProxy } from '../model/trusted-proxies.ts'
import { createAdmission } from './admission.ts'
import type { AnyAction } from './action.ts'
import { actionFinder } from './actions.ts'
import { createApiRequests, logAnswered, MAX_BODY_BYTES, newRequestId } from './api-requests.ts'
import type { ApiAudit } from './api-audit.ts'
import { createClientErrors } from './client-errors.ts'
import {
  type Certificate,
  createServer,
  endConnections,
  type HttpServerOptions,
  listen,
  MAX_HEADER_BYTES,
  replaceCertificate,
} from './http-server.ts'
import { addConsoleRoutes } from './console-routes.ts'
import { addConsoleSignInRoute } from './console-sign-in-route.ts'
import { addDocsRoutes } from './docs-routes.ts'
import { addOpenApiRoute } from './openapi-route.ts'
import { limitConnections } from './limit-connections.ts'
import { createPipeline } from './pipeline.ts'
import { PLAIN_ROUTER } from './plain-router.ts'
import { addPlainRoutes } from './plain-routes.ts'
import { type Answer, createRenderer, toPosternError } from './render.ts'
import { requestTarget } from './request-target.ts'
import { bytesOf, idOf } from './routed-request.ts'
import { codeOf, fromRouter } from './router-refusal.ts'
import { isHttps, STRICT_TRANSPORT } from './strict-transport.ts'

const MAX_ENROLL_BYTES = 4 * 1024
const MAX_NAME_LOGGED = 64

/** What may change while the server runs. */
export interface ApiSettings {
  /** The address that people use; answers link to it. */
  readonly publicUrl: string
  /** Of proxies whose forwarded headers are believed. */
  readonly isTrustedProxy: IsTrustedProxy
  /** How far a Timestamp may be off. */
  readonly timestampWindowMs: number
  /** Of one key from one address; 0 is no limit. */
  readonly wrongSignaturesPerMinute: number
  readonly connectionsPerAddress: number
}

export interface ApiServerOptions extends HttpServerOptions {
  readonly actions: readonly AnyAction[]
  readonly accessKeys: AccessKeys
  readonly nonces: Nonces
  readonly throttle: Throttle
  readonly authorise: Authorise
  readonly fleet: FleetService
  /** Left out: the console takes no one-use codes. */
  readonly consoleSignIn?: ConsoleSignIn
  /** Asked at each use. */
  readonly settings: () => ApiSettings
  /** Undefined when this node can serve, else why it cannot. */
  readonly notReady: () => string | undefined
  /** When the store was brought back from a backup; what was signed before is refused. */
  readonly restoredAt?: number | undefined
  readonly clock: Clock
  readonly audit?: ApiAudit
  /** How many requests only wait for the end of a task; they are no work. */
  readonly waiting?: () => number
  /** Requests that are worked on at a time; beyond them the answer is ServiceUnavailable at once. */
  readonly maxBusy?: number
  /** Told of every answer on `/`, for the metrics. `code` is undefined for a success. */
  readonly onAnswer?: (answered: { action: string | undefined; code: string | undefined; ms: number }) => void
}

export interface ApiServer {
  /** For the WebSocket upgrade. */
  readonly httpServer: Server
  /** Requests on `/` that are not answered yet. */
  readonly running: number
  listen(host: string, port: number): Promise<AddressInfo>
  /** For connections from now on; those that are open stay. Throws where the server has no TLS. */
  replaceCertificate(certificate: Certificate): void
  /** Not ready any more; still serves, but connections end with their next answer. Idempotent. */
  drain(): void
  /** Takes no new connection; callers that wait get what is there now; what has not ended after `graceMs` is cut. */
  close(graceMs?: number): Promise<void>
}

/** Everything that answers HTTP on the public address, the answers from below the router included. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { actions, clock, log, fleet, settings, audit } = options
  const publicUrl = () => settings().publicUrl
  const renderer = createRenderer(publicUrl)
  const pipeline = createPipeline({
    findAction: actionFinder(actions),
    signIn: createSignIn({
      accessKeys: options.accessKeys,
      wrongSignatures: createWrongSignatures({ clock, perMinute: () => settings().wrongSignaturesPerMinute }),
      clock,
      timestampWindowMs: () => settings().timestampWindowMs,
      restoredAt: options.restoredAt,
    }),
    nonces: options.nonces,
    throttle: options.throttle,
    authorise: options.authorise,
    renderer,
    clock,
    ...(audit && { beforeChange: () => audit.beforeChange() }),
  })
  const { waiting = () => 0, maxBusy } = options
  const admission = createAdmission({ clock, log, waiting, ...(maxBusy !== undefined && { maxBusy }) })
  let draining = false

  const fail = (error: PosternError, requestId: RequestId): Answer => {
    logAnswered(log, { error }, { requestId })
    return renderer.failure(error, { requestId, format: 'JSON' })
  }

  const clientErrors = createClientErrors({ clock, maxHeaderBytes: MAX_HEADER_BYTES, newRequestId, answer: fail })
  /** A kept connection would bring its next request after the end. */
  const endWhileDraining = (reply: FastifyReply) => {
    if (draining) void reply.header('connection', 'close')
  }
  const isTrustedProxy = (address: string) => settings().isTrustedProxy(address)
  const callerOf = callerAddress(isTrustedProxy)
  const requests = createApiRequests({
    pipeline,
    admission,
    renderer,
    clientErrors,
    audit,
    log,
    isTrustedProxy,
    isDraining: () => draining,
    ...(options.onAnswer && { onAnswer: options.onAnswer }),
  })
  const app = fastify({
    serverFactory: (route) => {
      const handler: RequestListener = (request, response) =>
        requests.takes(request) ? requests.answer(request, response) : route(request, response)
      return limitConnections(createServer(handler, options), { clock, log, settings })
    },
    clientErrorHandler: (error, socket) => clientErrors.handle(error, socket),
    frameworkErrors: (_error, request, reply) => {
      const reason = 'The path of the URL is not percent-encoded UTF-8 or too long.'
      if (isHttps(request.raw, isTrustedProxy)) void reply.headers(STRICT_TRANSPORT)
      // The hook below is not asked here.
      endWhileDraining(reply)
      void send(reply, fail(new PosternError('InvalidParameter', { reason }), idOf(request)))
    },
    genReqId: newRequestId,
    ...PLAIN_ROUTER,
    bodyLimit: MAX_BODY_BYTES,
  })

  app.addHook('onRequest', (request, reply, next) => {
    clientErrors.began({ requestId: idOf(request), request: request.raw, response: reply.raw })
    if (isHttps(request.raw, isTrustedProxy)) void reply.headers(STRICT_TRANSPORT)
    if (requestTarget(request.raw.url).path !== ENROLLMENT_PATH) return next()
    const leave = admission.enter(request.headers, MAX_ENROLL_BYTES)
    if (leave instanceof PosternError) {
      options.onAnswer?.({ action: undefined, code: leave.code, ms: 0 })
      return void send(reply, renderer.failure(leave, { requestId: idOf(request), format: 'JSON' }))
    }
    reply.raw.once('close', leave)
    next()
  })
  // Also of what was asked before.
  app.addHook('onSend', (_request, reply) => {
    endWhileDraining(reply)
    return Promise.resolve()
  })
  // Bytes, because a signature is over what was sent.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.setErrorHandler(async (error, request, reply) => {
    // The answer says it; cutting the connection while the body is on its way would lose it.
    if (codeOf(error) === 'FST_ERR_CTP_BODY_TOO_LARGE') reply.removeHeader('connection')
    // Of methods that we do not take the router asks for other things than of ours (QUERY: a type of its body).
    const refused = ['GET', 'POST'].includes(request.method)
      ? fromRouter(error)
      : new PosternError('UnsupportedHTTPMethod', { cause: error })
    return send(reply, fail(refused, idOf(request)))
  })
  app.setNotFoundHandler(async (request, reply) => {
    const { path } = requestTarget(request.raw.url)
    if (path === '/') void reply.header('allow', 'GET, POST')
    const error =
      path === '/'
        ? new PosternError('UnsupportedHTTPMethod')
        : new PosternError('InvalidAction.NotFound', { reason: `Path: ${path.slice(0, MAX_NAME_LOGGED)}.` })
    return send(reply, fail(error, idOf(request)))
  })

  app.post(ENROLLMENT_PATH, { bodyLimit: MAX_ENROLL_BYTES }, async (request, reply) => {
    const requestId = idOf(request)
    try {
      audit?.beforeChange()
      const enrolled = await exchangeToken(fleet, bytesOf(request) ?? Buffer.alloc(0))
      const { gateway, account } = enrolled
      log.info({ requestId, gateway, address: callerOf(request.raw) }, 'gateway enrolled')
      await audit?.enrolled({ gateway, account, requestId, address: callerOf(request.raw) })
      return await send(reply, renderer.plain(enrolled, requestId))
    } catch (error) {
      const refusal = toPosternError(error)
      audit?.notEnrolled(callerOf(request.raw), refusal)
      return await send(reply, fail(refusal, requestId))
    }
  })
  addOpenApiRoute(app, actions, publicUrl)
  addConsoleRoutes(app)
  addDocsRoutes(app)
  if (options.consoleSignIn) {
    addConsoleSignInRoute(app, {
      signIn: options.consoleSignIn,
      audit,
      answer: (request, reply, result) =>
        send(
          reply,
          result instanceof PosternError ? fail(result, idOf(request)) : renderer.plain(result, idOf(request)),
        ),
    })
  }
  addPlainRoutes(app, { actions, publicUrl, notReady: () => (draining ? 'draining' : options.notReady()) })

  await app.ready()
  const httpServer = app.server
  const drain = () => {
    draining = true
  }
  return {
    httpServer,
    get running() {
      return requests.running
    },
    drain,
    listen: (host, port) => listen(httpServer, host, port),
    replaceCertificate: (certificate) => replaceCertificate(httpServer, certificate),
    async close(graceMs = 5_000) {
      drain()
      requests.close()
      if (httpServer.listening) await endConnections(httpServer, clock, graceMs)
      await app.close()
    },
  }
}

const send = (reply: FastifyReply, { status, headers, body }: Answer<string | Buffer>) =>
  reply.code(status).headers(headers).send(body)
