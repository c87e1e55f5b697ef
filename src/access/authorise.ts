import { PosternError } from '../model/errors.ts'
import { rootOf } from '../model/ids.ts'
import { denialCode } from './denial-code.ts'
import type { Principal } from './principal.ts'

/** What a call wants to touch, in RAM's words and from canonical values. */
export interface Target {
  /** `dbs:GetDBListFromAgent` */
  readonly action: string
  /** `acs:dbs:<region>:<account>:backupgateway/<id>` */
  readonly resource: string
  /** Condition keys such as `postern:DatabaseType`; one that is missing is unknown. */
  readonly conditions: Readonly<Record<string, string>>
}

/** The root of the account may do everything in it; nobody else has any permission yet: implicit deny. */
export function authorise(principal: Principal, target: Target): void {
  if (principal.id === rootOf(principal.account)) return
  throw new PosternError(denialCode(target.action), {
    denied: { AuthAction: target.action, Resource: target.resource, NoPermissionType: 'ImplicitDeny' },
  })
}
