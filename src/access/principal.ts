import type { AccessKeyId, AccountId, PrincipalId } from '../model/ids.ts'

/** Who calls, after the signature was verified. */
export interface Principal {
  readonly id: PrincipalId
  readonly account: AccountId
  readonly key: AccessKeyId
  /** Only of a temporary key. Then `id` names the session, so whoever forgets to ask for the parent gives it nothing. */
  readonly temporary?: TemporarySession
}

export interface TemporarySession {
  /** Whom it acts for. */
  readonly parent: PrincipalId
  readonly parentKey: AccessKeyId
  readonly name: string
  /** JSON of the policy language; undefined where it is not narrowed. */
  readonly policy: string | undefined
}

/** The root or user whose permissions and belongings count. */
export const actsFor = ({ id, temporary }: Principal): PrincipalId => temporary?.parent ?? id
