import type { z } from 'zod'
import type { Target } from '../access/authorise.ts'
import type { ClaimedNonce } from '../access/nonces.ts'
import type { Principal } from '../access/principal.ts'
import type { ErrorCode } from '../model/errors.ts'
import type { RequestId } from '../model/ids.ts'
import type { CallerGone } from './caller-gone.ts'

/** The versions select the product. */
export const PRODUCTS = {
  '2019-03-06': 'Dbs',
  '2015-05-01': 'Ram',
  '2015-04-01': 'Sts',
  '2026-12-01': 'Postern',
} as const
export type ApiVersion = keyof typeof PRODUCTS

/** As RAM names them. */
export type AccessLevel = 'create' | 'get' | 'list' | 'update' | 'delete'

/** What a handler knows of the request besides its parameters. */
export interface Call {
  readonly requestId: RequestId
  readonly principal: Principal
  /** To be burnt in the same commit as the effect; only for actions that change something. */
  readonly burn: ClaimedNonce | undefined
  readonly gone: CallerGone
  /** Whether the answer's format can hold every character of the text; it has U+FFFD for those that it cannot. */
  readonly holds: (text: string) => boolean
}

/** A call whose parameters are canonical and whose objects were looked up, so that it can be authorised. */
export interface Prepared<R> {
  /** What is authorised; undefined where everybody with a key may, because it is about the caller alone. */
  readonly target: Target | undefined
  /** Runs after the authorisation only. What is not found is said here, so that nobody learns it without the permission. */
  handle(): Promise<R>
}

/** The schema of an object whose fields are the parameters. */
export type Params<P> = z.ZodType<P, Record<string, string | undefined>> & {
  readonly shape: Readonly<Record<string, z.ZodType>>
}

/**
 * One operation of the public API, declared whole: the reference, the OpenAPI document, sample code and the
 * command line's help are made from it.
 */
export interface Action<P, R> {
  readonly name: string
  readonly version: ApiVersion
  readonly access: AccessLevel
  /** True: changes something, and burns `call.burn` in the commit of the effect. */
  readonly mutates: boolean
  readonly summary: string
  /** Keys are the names on the wire; every field has a description and an example. Text comes in, typed values go out. */
  readonly params: Params<P>
  /** The answer without RequestId and HttpStatusCode; `Success` is true where it is left out. */
  readonly reply: z.ZodType<R>
  readonly errors: readonly ErrorCode[]
  /** Answers about a task that failed with its code of a discovery. */
  readonly answersDiscoveryErrors?: true
  /** Looks up what the call is about. Has no effect, so it may run before the authorisation. */
  prepare(params: P, call: Call): Promise<Prepared<R>>
}

/** As it stands in the list of actions: `prepare` takes only what its own `params` made. */
export type AnyAction = Action<unknown, object>
