import { createPolicyService, type PolicyService, type PolicyServiceParts } from './policy-service.ts'
import { createPolicyTester, type PolicyTester } from './policy-tester.ts'
import type { SecretBox } from './secret-box.ts'
import { createTemporaryKeyService, type TemporaryKeyService } from './temporary-key-service.ts'
import { createUserService, type UserService } from './user-service.ts'

/** Who there is in an account, and what they may do. */
export interface AccessService extends UserService, PolicyService, PolicyTester, TemporaryKeyService {}

export function createAccessService(parts: PolicyServiceParts & { readonly box: SecretBox }): AccessService {
  const policies = createPolicyService(parts)
  return {
    ...createUserService(parts),
    ...policies,
    ...createPolicyTester({ store: parts.store, policiesOf: (principal) => policies.policiesOf(principal) }),
    ...createTemporaryKeyService(parts),
  }
}
