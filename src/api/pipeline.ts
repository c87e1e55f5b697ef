import type { Authorise, Target } from '../access/authorise.ts'
import type { ClaimedNonce, Nonces } from '../access/nonces.ts'
import type { Principal } from '../access/principal.ts'
import { readSignedRequest } from '../access/read-signed-request.ts'
import type { SentHeaders } from '../access/signed-request.ts'
import type { SignIn } from '../access/sign-in.ts'
import type { Throttle } from '../access/throttle.ts'
import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import type { RequestId } from '../model/ids.ts'
import type { AnyAction } from './action.ts'
import type { FindAction } from './actions.ts'
import type { CallerGone } from './caller-gone.ts'
import { collectParameters, type Sent } from './parameters.ts'
import { parseParameters } from './parse-parameters.ts'
import { type Answer, type Format, formatNamed, holderOf, type Renderer, toPosternError } from './render.ts'

const NO_BODY = new Uint8Array()

/** One request on `/`, before anything of it is believed. */
export interface ApiRequest extends Sent {
  readonly requestId: RequestId
  /** Upper case. */
  readonly method: string
  /** Of the caller (row 35), canonical and without a zone; undefined where it is not known. */
  readonly address: string | undefined
  /** Whether the caller used TLS, as far as this server or a trusted proxy says. */
  readonly secure: boolean
  readonly headers: SentHeaders
  readonly gone: CallerGone
}

/** What the audit trail needs to know of a call whose action was found. */
export interface CallFacts {
  readonly action: AnyAction
  /** Parsed, so only where they were valid. */
  params?: unknown
  target?: Target
  /** The authorisation failed, whatever the answer says. */
  denied: boolean
  reply?: object
}

/** The answer and what the log says about it. */
export interface Answered {
  readonly answer: Answer<string | Buffer>
  readonly principal?: Principal
  readonly action?: string
  readonly error?: PosternError
  readonly facts?: CallFacts
}

/** Never rejects: whatever happens has an answer. */
export type Pipeline = (request: ApiRequest) => Promise<Answered>

export interface PipelineParts {
  readonly findAction: FindAction
  readonly signIn: SignIn
  readonly nonces: Nonces
  readonly throttle: Throttle
  readonly authorise: Authorise
  readonly renderer: Renderer
  readonly clock: Clock
  /** Asked before each change: throws where it could not be recorded. */
  readonly beforeChange?: () => void
}

/** Row 4 of the contract, downwards: the first check that fails is the one that is answered. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { findAction, signIn, nonces, throttle, authorise, renderer, clock, beforeChange } = parts

  return async (request) => {
    const { requestId, method, headers, gone } = request
    let format: Format = 'JSON'
    let principal: Principal | undefined
    let nonce: ClaimedNonce | undefined
    let action: AnyAction | undefined
    let facts: CallFacts | undefined
    const about = () => ({
      ...(principal && { principal }),
      ...(action && { action: action.name }),
      ...(facts && { facts }),
    })
    try {
      const parameters = collectParameters(request)
      format = requestedFormat(parameters)

      // What must be there, then the method and the version of the signature.
      const query = () => collectParameters({ ...request, body: undefined })
      const signed = readSignedRequest({ method, headers, parameters, query, body: request.body ?? NO_BODY })
      // The AccessKey, the timestamp, the signature.
      principal = await signIn(signed, request.address)
      nonce = await nonces.claim(principal.key, signed.nonce)

      // The version, then the action in it.
      action = findAction(signed.version, signed.action)
      facts = { action, denied: false }
      if (action.mutates) beforeChange?.()
      // A read may wait for long: its nonce does not.
      if (!action.mutates) nonces.writeBehind(nonce)
      await throttle(principal)
      const params = parseParameters(action.params, parameters)
      facts.params = params
      const burn = action.mutates ? nonce : undefined
      const prepared = await action.prepare(params, { requestId, principal, burn, gone, holds: holderOf(format) })
      const { address: sourceIp, secure } = request
      if (prepared.target !== undefined) {
        facts.target = prepared.target
        facts.denied = true
        await authorise(principal, prepared.target, { sourceIp, secure, time: clock.wall() })
        facts.denied = false
      }
      const body = await prepared.handle()
      facts.reply = body
      if (action.mutates) nonces.stored(nonce)
      return { answer: await renderer.success(body, { requestId, format, action: action.name }), ...about() }
    } catch (cause) {
      const error = toPosternError(cause)
      return { answer: renderer.failure(error, { requestId, format }), error, ...about() }
    } finally {
      // The signature was right, so the nonce is used up, whatever came of the request.
      if (nonce !== undefined) nonces.writeBehind(nonce)
    }
  }
}

function requestedFormat(parameters: ReadonlyMap<string, string>): Format {
  const given = (parameters.get('Format') ?? '').toUpperCase()
  const format = formatNamed(given === '' ? 'JSON' : given)
  if (format !== undefined) return format
  throw new PosternError('InvalidParameter.Format', { reason: 'It must be JSON or XML.' })
}
