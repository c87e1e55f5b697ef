import type { AnyOperation } from './operation.ts'
import { backUp } from './operations/back-up.ts'
import { checkStore } from './operations/check-store.ts'
import { createAccount } from './operations/create-account.ts'
import { createConsoleCode } from './operations/create-console-code.ts'
import { listAccounts } from './operations/list-accounts.ts'
import { listAudit } from './operations/list-audit.ts'
import { resetRootKey } from './operations/reset-root-key.ts'

/** The one list of the operator's operations. */
export const OPERATIONS: readonly AnyOperation[] = [
  createAccount,
  createConsoleCode,
  listAccounts,
  resetRootKey,
  backUp,
  checkStore,
  listAudit,
]
