import { type AccountId, toAccessKeyId, toAccountId, toUserId } from '../../model/ids.ts'
import type { ListedKey, User } from '../user-store.ts'
import { integer, type Row, text } from './row.ts'
import type { Statements } from './statements.ts'

export const userOfRow = (row: Row): User => ({
  id: toUserId(text(row, 'id')),
  account: toAccountId(text(row, 'account')),
  name: text(row, 'name'),
  displayName: text(row, 'display_name'),
  mobilePhone: text(row, 'mobile_phone'),
  email: text(row, 'email'),
  comments: text(row, 'comments'),
  createdAt: integer(row, 'created_at'),
  updatedAt: integer(row, 'updated_at'),
})

export const keyOfRow = (row: Row): ListedKey => ({
  id: toAccessKeyId(text(row, 'id')),
  active: integer(row, 'active') === 1,
  createdAt: integer(row, 'created_at'),
})

export function userNamed(sql: Statements, account: AccountId, name: string): User | undefined {
  const row = sql.get('user_by_name', { account, name })
  return row && userOfRow(row)
}

/** Of a statement that counts. */
export const totalOf = (row: Row | undefined): number => (row === undefined ? 0 : integer(row, 'total'))
