import { createPolicyService, type PolicyService, type PolicyServiceParts } from './policy-service.ts'
import type { SecretBox } from './secret-box.ts'
import { createTemporaryKeyService, type TemporaryKeyService } from './temporary-key-service.ts'
import { createUserService, type UserService } from './user-service.ts'

/** Who there is in an account, and what they may do. */
export interface AccessService extends UserService, PolicyService, TemporaryKeyService {}

export function createAccessService(parts: PolicyServiceParts & { readonly box: SecretBox }): AccessService {
  return { ...createUserService(parts), ...createPolicyService(parts), ...createTemporaryKeyService(parts) }
}
