import { POLICY_TYPES } from '../model/access-limits.ts'
import type { AttachedPolicy, Policy } from './policy-store.ts'
import { integer, oneOf, type Row, text } from './row.ts'

export const policyOf = (row: Row): Policy => ({
  name: text(row, 'name'),
  description: text(row, 'description'),
  document: text(row, 'document'),
  createdAt: integer(row, 'created_at'),
  updatedAt: integer(row, 'updated_at'),
  attachments: integer(row, 'attachments'),
})

export const attachedPolicyOf = (row: Row): AttachedPolicy => ({
  name: text(row, 'name'),
  type: oneOf(row, 'type', POLICY_TYPES),
  document: text(row, 'document'),
  description: text(row, 'description'),
  attachedAt: integer(row, 'attached_at'),
})
