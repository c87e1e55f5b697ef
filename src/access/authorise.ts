import { PosternError } from '../model/errors.ts'
import { rootOf } from '../model/ids.ts'
import type { Conditions } from './condition-keys.ts'
import { type AccessRequest, type Decision, evaluateLayers, type NamedPolicy } from './evaluate-policies.ts'
import { type PolicyDocument, parsePolicyDocument } from './policy-document.ts'
import { actsFor, type Principal } from './principal.ts'
import { policyLayers } from './policy-layers.ts'

/** What a call wants to touch, in RAM's words and from canonical values. */
export interface Target {
  /** `dbs:GetDBListFromAgent` */
  readonly action: string
  /** `acs:dbs:<region>:<account>:backupgateway/<id>`, made from what the caller sent; the rest is `*`. */
  readonly resource: string
  /** From what the caller sent; a key that is missing is unknown. */
  readonly conditions: Conditions
  /** Set where the server looked something up, also where it found nothing: what is answered must not tell which. */
  readonly lookedUp?: LookedUp
  /** Must be allowed as well, before anything that was looked up counts: where a thing is moved to. From what the caller sent. */
  readonly also?: Pick<Target, 'resource' | 'conditions'>
}

export interface LookedUp {
  /** What is authorised in place of what the caller sent; undefined where there is no such thing. */
  readonly found: Pick<Target, 'resource' | 'conditions'> | undefined
  /**
   * Left out: a denial of what was found is worded as that of something unknown, so the two are the same. Set: it is
   * this error; only who could not do it to anything in the account is told of the permission.
   */
  readonly deniedAs?: 'Task.NotFound' | 'Enrollment.NotFound'
}

/** What is known of a call besides its target. */
export interface CallContext {
  /** Canonical, without a zone; undefined where it is not known. */
  readonly sourceIp: string | undefined
  /** Whether it came over TLS, as far as the server or a trusted proxy says. */
  readonly secure: boolean
  /** Milliseconds since 1970 by the wall clock. */
  readonly time: number
}

export interface AttachedPolicy {
  readonly name: string
  readonly type: 'System' | 'Custom'
  /** JSON, as it was checked when the policy was made. */
  readonly document: string
}

/** Rejects with Request.Forbidden, NoPermission for RAM's own actions, or `deniedAs`. */
export type Authorise = (principal: Principal, target: Target, context: CallContext) => Promise<void>

/**
 * The root of an account may do everything in it, everybody else what her policies allow (rows 32 and 33). A temporary
 * key may do what its owner may now, and its own policy allows, and no session is kept from.
 */
export function createAuthorise(parts: {
  /** All that apply to her, those of her groups too; asked for each call, so that a change works at once. */
  policiesOf(principal: Pick<Principal, 'account' | 'id'>): Promise<readonly AttachedPolicy[]>
}): Authorise {
  const parse = cachedParser()
  return async (principal, target, context) => {
    const { account, temporary } = principal
    const owner = actsFor(principal)
    const isRoot = owner === rootOf(account)
    if (isRoot && temporary === undefined) return
    const attached = isRoot ? [] : await parts.policiesOf({ account, id: owner })
    const layers = policyLayers({ isRoot, attached, temporary, parse })
    check({ principal, target, context, layers })
  }
}

interface Check {
  readonly principal: Principal
  readonly target: Target
  readonly context: CallContext
  /** Her own policies; of a temporary key also what narrows it. All must allow. */
  readonly layers: readonly (readonly NamedPolicy[])[]
}

function check({ principal, target, context, layers }: Check): void {
  const { action, lookedUp } = target
  const request = (
    { resource, conditions }: Pick<Target, 'resource' | 'conditions'>,
    open: boolean,
  ): AccessRequest => ({
    action,
    resource,
    open,
    conditions: { ...conditions, ...conditionsOf(context) },
  })
  if (target.also !== undefined) {
    const decision = evaluateLayers(layers, request(target.also, false))
    if (decision.result !== 'Allow') throw forbidden(principal, { ...target, ...target.also }, decision)
  }
  const sent = request(target, lookedUp !== undefined)
  const found = lookedUp?.found && evaluateLayers(layers, request(lookedUp.found, false))

  if (lookedUp?.deniedAs !== undefined) {
    // What was found has no part in this first answer.
    const best = evaluateLayers(layers, sent, 'possibly')
    if (best.result !== 'Allow') throw forbidden(principal, target, best)
    if (found !== undefined && found.result !== 'Allow') throw new PosternError(lookedUp.deniedAs)
    return
  }
  if (found?.result === 'Allow') return
  const decision = evaluateLayers(layers, sent)
  // What is not allowed where it is known is not where less is known; were it otherwise, it would still be denied.
  if (decision.result !== 'Allow' || found !== undefined) throw forbidden(principal, target, decision)
}

function conditionsOf({ sourceIp, secure, time }: CallContext): Conditions {
  return {
    ...(sourceIp !== undefined && { 'acs:SourceIp': sourceIp }),
    'acs:SecureTransport': String(secure),
    'acs:CurrentTime': new Date(time).toISOString(),
  }
}

/** Made from what the caller sent only. */
function forbidden(
  principal: Principal,
  { action, resource }: Target,
  { result, layer }: Decision & { readonly layer: number },
): PosternError {
  const { temporary } = principal
  const name = principal.id.slice(principal.account.length + 1)
  const denied = {
    AuthAction: action,
    Resource: resource,
    NoPermissionType: result === 'ExplicitDeny' ? 'ExplicitDeny' : 'ImplicitDeny',
    PolicyType: layer === 0 ? 'AccountLevelIdentityBasedPolicy' : 'SessionPolicy',
    AuthPrincipalType: temporary === undefined ? 'SubUser' : 'AssumedRoleUser',
    AuthPrincipalDisplayName: temporary === undefined ? name.slice(name.indexOf('/') + 1) : `caller:${temporary.name}`,
    AuthPrincipalOwnerId: principal.account,
  }
  return new PosternError(/^(ram|sts):/.test(action) ? 'NoPermission' : 'Request.Forbidden', { denied })
}

const CACHED_DOCUMENTS = 1_000

function cachedParser(): (text: string) => PolicyDocument {
  // Oldest use first.
  const parsed = new Map<string, PolicyDocument>()
  return (text) => {
    const document = parsed.get(text) ?? parseStored(text)
    parsed.delete(text)
    parsed.set(text, document)
    const oldest = parsed.keys().next()
    if (parsed.size > CACHED_DOCUMENTS && !oldest.done) parsed.delete(oldest.value)
    return document
  }
}

/** One that cannot be read any more may hold a deny, so it stops everything and is a fault of ours. */
function parseStored(text: string): PolicyDocument {
  try {
    return parsePolicyDocument(text)
  } catch (cause) {
    throw new PosternError('InternalError', { cause })
  }
}
