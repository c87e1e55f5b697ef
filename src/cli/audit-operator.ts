import type { OperatorAct } from '../admin/operation.ts'
import type { AuditTrail } from '../audit/audit-trail.ts'

/** The operator's work as the audit trail has it. */
export const auditOperator =
  (trail: AuditTrail) =>
  ({ operation, account, outcome }: OperatorAct): Promise<void> =>
    trail.record({ kind: 'operator', action: operation, ...(account !== undefined && { account }), outcome })
