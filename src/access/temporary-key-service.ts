import { createHash } from 'node:crypto'
import { PosternError } from '../model/errors.ts'
import { rootOf } from '../model/ids.ts'
import type { AccessStore, Nonce } from '../store/access-store.ts'
import { accepted } from './accepted.ts'
import { newTemporaryKey, type NewTemporaryKey } from './access-keys.ts'
import { parsePolicyDocument } from './policy-document.ts'
import { actsFor, type Principal } from './principal.ts'
import type { SecretBox } from './secret-box.ts'

const DEFAULT_SECONDS = 3_600
/** The root of an account may do everything, so its temporary keys are short-lived. */
const MAX_ROOT_SECONDS = 3_600

export interface AskedSession {
  readonly name: string
  /** Undefined: one hour. */
  readonly seconds: number | undefined
  /** Narrows what the key may do; JSON of the policy language. */
  readonly policy: string | undefined
}

/** A temporary key with its secret halves: shown once. */
export interface IssuedTemporaryKey extends NewTemporaryKey {
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface TemporaryKeyService {
  /**
   * A key that may do what the caller may at the time of each request, and no more. `burn` is burnt in its commit.
   * Throws InvalidParameter.PolicyGrammar, InvalidParameter.DurationSeconds or LimitExceeded.Session.
   */
  issueTemporaryKey(caller: Principal, session: AskedSession, burn: Nonce | undefined): Promise<IssuedTemporaryKey>
}

export function createTemporaryKeyService(parts: { store: AccessStore; box: SecretBox }): TemporaryKeyService {
  const { store, box } = parts
  return {
    async issueTemporaryKey(caller, { name, seconds = DEFAULT_SECONDS, policy }, burn) {
      const { account, key: parent } = caller
      const principal = actsFor(caller)
      if (principal === rootOf(account) && seconds > MAX_ROOT_SECONDS) {
        throw new PosternError('InvalidParameter.DurationSeconds')
      }
      if (policy !== undefined) checkGrammar(policy)
      const made = newTemporaryKey()
      const issued = await store.issueTemporaryKey(
        {
          id: made.id,
          parent,
          account,
          principal,
          session: name,
          sealedSecret: box.seal(made.secret, made.id),
          tokenHash: createHash('sha256').update(made.securityToken).digest('hex'),
          ...(policy !== undefined && { policy }),
          lifeMs: seconds * 1_000,
        },
        burn,
      )
      return { ...made, expiresAt: accepted(issued).expiresAt }
    },
  }
}

function checkGrammar(policy: string): void {
  try {
    parsePolicyDocument(policy)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : ''
    throw new PosternError('InvalidParameter.PolicyGrammar', { reason, cause })
  }
}
