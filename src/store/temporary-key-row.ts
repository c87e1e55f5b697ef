import { toAccessKeyId, toAccountId, toPrincipalId } from '../model/ids.ts'
import { bytes, entry, integer, optional, type Row, text } from './row.ts'
import type { TemporaryKey } from './temporary-key-store.ts'

export const temporaryKeyOf = (row: Row): TemporaryKey => ({
  id: toAccessKeyId(text(row, 'id')),
  parent: toAccessKeyId(text(row, 'parent_key')),
  account: toAccountId(text(row, 'account')),
  principal: toPrincipalId(text(row, 'principal')),
  session: text(row, 'session'),
  sealedSecret: bytes(row, 'sealed_secret'),
  tokenHash: text(row, 'token_hash'),
  ...entry('policy', optional(row, 'policy', text)),
  expiresAt: integer(row, 'expires_at'),
  active: integer(row, 'active') === 1,
})
