import { toAccessKeyId, toAccountId, toPrincipalId } from '../model/ids.ts'
import type { AccessKey, Account } from './access-store.ts'
import { bytes, integer, type Row, text } from './row.ts'

export const accountOf = (row: Row): Account => ({
  id: toAccountId(text(row, 'id')),
  name: text(row, 'name'),
  createdAt: integer(row, 'created_at'),
})

export const accessKeyOf = (row: Row): AccessKey => ({
  id: toAccessKeyId(text(row, 'id')),
  account: toAccountId(text(row, 'account')),
  principal: toPrincipalId(text(row, 'principal')),
  sealedSecret: bytes(row, 'sealed_secret'),
  active: integer(row, 'active') === 1,
})
