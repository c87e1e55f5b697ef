import type { AccessKeyId, AccountId, PrincipalId } from '../model/ids.ts'
import type { Instant } from '../model/task.ts'
import type { AccessRefusal } from './access-refusal.ts'
import type { Nonce } from './access-store.ts'

/** A key of STS: it acts for the owner of its parent, for a while and under a name. */
export interface TemporaryKey {
  readonly id: AccessKeyId
  /** The permanent key that it was made with. */
  readonly parent: AccessKeyId
  readonly account: AccountId
  /** The owner of the parent. */
  readonly principal: PrincipalId
  readonly session: string
  /** AES-256-GCM under the key file, the id as associated data. */
  readonly sealedSecret: Uint8Array
  /** SHA-256 of the security token, 64 hex digits. */
  readonly tokenHash: string
  /** JSON of the policy language; left out where it is not narrowed. */
  readonly policy?: string
  readonly expiresAt: Instant
  /** Of the parent: a key that is switched off switches off those that were made with it. */
  readonly active: boolean
}

export interface NewTemporaryKey extends Omit<TemporaryKey, 'active' | 'expiresAt'> {
  /** How long it works from the commit on, milliseconds. */
  readonly lifeMs: number
}

/** Temporary keys go with their parent, and some time after they expired. */
export interface TemporaryKeyStore {
  /** Burns the nonce in the same commit. Refused where the parent does not work any more, or its owner has too many. */
  issueTemporaryKey(
    key: NewTemporaryKey,
    burn: Nonce | undefined,
  ): Promise<{ readonly expiresAt: Instant } | AccessRefusal>
  /** Also one that expired a short while ago, so that its caller can be told. */
  temporaryKey(id: AccessKeyId): Promise<TemporaryKey | undefined>
}
