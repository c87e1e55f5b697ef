import type { AuditTrail } from '../audit/audit-trail.ts'
import type { SignInListener } from '../fleet/sessions.ts'

const OUTCOMES = { open: 'OK', conflict: 'Conflict', unknown: 'Refused' } as const

/** Connections of gateways as the audit trail has them. */
export const auditSignIns = (trail: AuditTrail): SignInListener => ({
  proven: ({ gateway, key, address }, opened) =>
    trail.record({
      kind: 'sign-in',
      action: 'ConnectGateway',
      gateway,
      ...(opened.kind === 'open' && { account: opened.account }),
      key,
      address,
      outcome: OUTCOMES[opened.kind],
    }),
  // Unknown callers get no line of their own: they could fill the disk.
  unproven: (address) => trail.failed(address, 'GatewayNotProven'),
})
