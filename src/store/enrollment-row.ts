import { toEnrollmentId, toPrincipalId } from '../model/ids.ts'
import type { Enrollment } from './fleet-store.ts'
import type { PublicIds } from './public-id.ts'
import { entry, integer, optional, type Row, text } from './row.ts'

/** A row of the statements `enrollments_of_account` and `enrollment_by_id`. */
export function enrollmentOf(row: Row, ids: PublicIds): Enrollment {
  const id = toEnrollmentId(text(row, 'id'))
  if (id === undefined) throw new Error('the hash of a token in the store is none')
  const gateway = optional(row, 'gateway', integer)
  return {
    id,
    region: text(row, 'region'),
    createdAt: integer(row, 'created_at'),
    createdBy: toPrincipalId(text(row, 'created_by')),
    expiresAt: integer(row, 'expires_at'),
    ...entry('name', optional(row, 'name', text)),
    ...entry('gateway', gateway === undefined ? undefined : ids.gatewayId(gateway)),
  }
}
