import type { AccessKeyId, AccountId, PrincipalId } from '../model/ids.ts'

/** Who calls, after the signature was verified. */
export interface Principal {
  readonly id: PrincipalId
  readonly account: AccountId
  readonly key: AccessKeyId
}
