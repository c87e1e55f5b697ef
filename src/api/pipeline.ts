import type { AccessKeys } from '../access/access-keys.ts'
import { authorise } from '../access/authorise.ts'
import type { ClaimedNonce, Nonces } from '../access/nonces.ts'
import type { Principal } from '../access/principal.ts'
import { readSignedRequest } from '../access/signed-request.ts'
import { checkTimestamp } from '../access/timestamp.ts'
import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import type { RequestId } from '../model/ids.ts'
import type { AnyAction } from './action.ts'
import type { FindAction } from './actions.ts'
import { collectParameters, type Sent } from './parameters.ts'
import { parseParameters } from './parse-parameters.ts'
import { type Answer, type Format, type Renderer, toPosternError } from './render.ts'

/** One request on `/`, before anything of it is believed. */
export interface ApiRequest extends Sent {
  readonly requestId: RequestId
  /** Upper case. */
  readonly method: string
  readonly authorization: string | undefined
  /** Aborts when the caller has gone or the server closes. */
  readonly signal: AbortSignal
}

/** The answer and what the log says about it. */
export interface Answered {
  readonly answer: Answer
  readonly principal?: Principal
  readonly action?: string
  readonly error?: PosternError
}

/** Never rejects: whatever happens has an answer. */
export type Pipeline = (request: ApiRequest) => Promise<Answered>

export interface PipelineParts {
  readonly findAction: FindAction
  readonly accessKeys: AccessKeys
  readonly nonces: Nonces
  readonly renderer: Renderer
  readonly clock: Clock
  /** How far a Timestamp may be off, milliseconds. */
  readonly timestampWindowMs: () => number
}

/** Row 4 of the contract, downwards: the first check that fails is the one that is answered. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { findAction, accessKeys, nonces, renderer, clock, timestampWindowMs } = parts

  return async (request) => {
    const { requestId, method, authorization, signal } = request
    let format: Format = 'JSON'
    let principal: Principal | undefined
    let nonce: ClaimedNonce | undefined
    let action: AnyAction | undefined
    const about = () => ({ ...(principal && { principal }), ...(action && { action: action.name }) })
    try {
      const parameters = collectParameters(request)
      format = requestedFormat(parameters)

      // What must be there, then the method and the version of the signature.
      const signed = readSignedRequest({ method, authorization, parameters })
      const key = await accessKeys.find(signed.accessKeyId)
      checkTimestamp(signed.timestamp, clock.wall(), timestampWindowMs())
      signed.verify(key.secret)
      principal = key.principal
      nonce = await nonces.claim(principal.key, signed.nonce)

      // The version, then the action in it.
      action = findAction(signed.version, signed.action)
      // A read may wait for long: its nonce does not.
      if (!action.mutates) nonces.writeBehind(nonce)
      const params = parseParameters(action.params, parameters)
      const burn = action.mutates ? nonce : undefined
      const prepared = await action.prepare(params, { requestId, principal, burn, signal })
      authorise(principal, prepared.target)
      const body = await prepared.handle()
      if (action.mutates) nonces.stored(nonce)
      return { answer: renderer.success(body, { requestId, format }), ...about() }
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
  const format = (parameters.get('Format') ?? '').toUpperCase()
  if (format === '' || format === 'JSON') return 'JSON'
  const reason = format === 'XML' ? 'This version answers JSON only.' : 'It must be JSON.'
  throw new PosternError('InvalidParameter.Format', { reason })
}
